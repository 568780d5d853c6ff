// SPDX-License-Identifier: Apache-2.0
#include "result/pipeline_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::result;

namespace {

Pipeline sample() {
  Pipeline pipeline;
  pipeline.runner = "modelled";
  pipeline.processing = "async";
  std::uint64_t value = 1;
  for (const auto& [key, field] : kPipelineCounts) pipeline.*field = value++;
  for (const auto& [key, field] : kPipelineTimes) pipeline.*field = static_cast<std::int64_t>(1000 * value++);
  pipeline.answers_hash = "abc";
  pipeline.stages = {
      {.name = "load", .workers = 2, .jobs = 7, .busy_ns = 10, .idle_ns = 30, .occupancy_ratio = 0.25}};
  return pipeline;
}

}  // namespace

TEST_CASE("a pipeline section is read as it was written") {
  const Pipeline pipeline = sample();
  const nlohmann::ordered_json json = pipeline_to_json(pipeline);
  CHECK(pipeline_from_json(JsonReader(json, "file")) == pipeline);
}

TEST_CASE("rates are derived from counts, and absent without a denominator") {
  Pipeline pipeline;
  for (const auto& [key, rate] : kPipelineRates) {
    INFO(key);
    CHECK_FALSE((pipeline.*rate)().has_value());
  }
  pipeline.requests = 30;
  pipeline.ok = 30;
  pipeline.within_objective = 15;
  pipeline.elapsed_ns = 2'000'000'000;
  pipeline.real_tokens = 75;
  pipeline.padded_tokens = 100;
  pipeline.active_ns = 1000;
  pipeline.overlapped_ns = 400;
  pipeline.slowest_stage_ns = 900;
  CHECK(pipeline.requests_per_second() == 15.0);
  CHECK(pipeline.goodput_per_second() == 7.5);
  CHECK(pipeline.padding_waste_ratio() == 0.25);
  CHECK(pipeline.overlap_ratio() == 0.4);
  CHECK(pipeline.efficiency_ratio() == 0.9);
}

TEST_CASE("counts that contradict one another are told") {
  Pipeline pipeline;
  CHECK(check_pipeline(pipeline).empty());
  pipeline.images = 3;
  pipeline.images_encoded = 1;
  pipeline.encoder_calls_saved = 1;
  pipeline.ok = 1;
  CHECK(check_pipeline(pipeline).size() == 2);
  pipeline = {};
  pipeline.images_encoded = 1;
  pipeline.encoder_calls_saved = pipeline.images - pipeline.images_encoded;
  CHECK(check_pipeline(pipeline).size() == 1);
}

TEST_CASE("a section that lacks a key is refused") {
  nlohmann::ordered_json json = pipeline_to_json(sample());
  json.erase("images");
  CHECK_THROWS_AS(static_cast<void>(pipeline_from_json(JsonReader(json, "file"))), Error);
}

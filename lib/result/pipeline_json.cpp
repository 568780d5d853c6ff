// SPDX-License-Identifier: Apache-2.0
#include "result/pipeline_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "result/roofline_json.h"
#include "result/run_result.h"
#include "result/totals_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

Json stage_to_json(const PipelineStage& stage) {
  return {{"name", stage.name},
          {"workers", stage.workers},
          {"jobs", stage.jobs},
          {"busy_ns", stage.busy_ns},
          {"idle_ns", stage.idle_ns},
          {"occupancy_ratio", stage.occupancy_ratio},
          {"helped", stage.helped},
          {"most_waiting", stage.most_waiting},
          {"p50_ns", stage.p50_ns},
          {"p99_ns", stage.p99_ns},
          {"wait_p50_ns", stage.wait_p50_ns}};
}

PipelineStage stage_from_json(const JsonReader& reader) {
  return {.name = reader.text("name"),
          .workers = reader.count("workers"),
          .jobs = reader.count("jobs"),
          .busy_ns = reader.integer("busy_ns"),
          .idle_ns = reader.integer("idle_ns"),
          .occupancy_ratio = reader.number("occupancy_ratio"),
          .helped = reader.count("helped"),
          .most_waiting = reader.count("most_waiting"),
          .p50_ns = reader.integer("p50_ns"),
          .p99_ns = reader.integer("p99_ns"),
          .wait_p50_ns = reader.integer("wait_p50_ns")};
}

}  // namespace

std::optional<double> Pipeline::requests_per_second() const {
  return per_second(requests, elapsed_ns);
}
std::optional<double> Pipeline::tokens_per_second() const {
  return per_second(output_tokens, elapsed_ns);
}
std::optional<double> Pipeline::goodput_per_second() const {
  return per_second(within_objective, elapsed_ns);
}
std::optional<double> Pipeline::padding_waste_ratio() const {
  return ratio_of(padded_tokens - real_tokens, padded_tokens);
}
std::optional<double> Pipeline::mean_decode_batch() const {
  return ratio_of(decoded_tokens, decode_steps);
}
std::optional<double> Pipeline::overlap_ratio() const {
  return quotient(static_cast<double>(overlapped_ns), static_cast<double>(active_ns));
}
std::optional<double> Pipeline::efficiency_ratio() const {
  return quotient(static_cast<double>(slowest_stage_ns), static_cast<double>(active_ns));
}

Json pipeline_to_json(const Pipeline& pipeline) {
  Json json = {{"runner", pipeline.runner}, {"processing", pipeline.processing}};
  for (const auto& [key, field] : kPipelineCounts) json[key] = pipeline.*field;
  for (const auto& [key, field] : kPipelineTimes) json[key] = pipeline.*field;
  for (const auto& [key, rate] : kPipelineRates) json[key] = number_or_null((pipeline.*rate)());
  json["answers_hash"] = pipeline.answers_hash;
  json["failures"] = pipeline.failures;
  json["stages"] = Json::array();
  for (const PipelineStage& stage : pipeline.stages) json["stages"].push_back(stage_to_json(stage));
  json["roofline"] = pipeline.roofline ? roofline_to_json(*pipeline.roofline) : Json(nullptr);
  return json;
}

Pipeline pipeline_from_json(const JsonReader& reader) {
  Pipeline pipeline;
  pipeline.runner = reader.text("runner");
  pipeline.processing = reader.text("processing");
  for (const auto& [key, field] : kPipelineCounts) pipeline.*field = reader.count(key);
  for (const auto& [key, field] : kPipelineTimes) pipeline.*field = reader.integer(key);
  pipeline.answers_hash = reader.text("answers_hash");
  if (reader.has("failures")) pipeline.failures = reader.texts("failures");
  reader.each("stages", [&](const JsonReader& item) { pipeline.stages.push_back(stage_from_json(item)); });
  if (reader.has("roofline")) pipeline.roofline = roofline_from_json(reader.object("roofline"));
  return pipeline;
}

std::vector<std::string> check_pipeline(const Pipeline& pipeline) {
  std::vector<std::string> broken;
  const auto at_most = [&](std::uint64_t part, std::uint64_t whole, const char* what) {
    if (part > whole) broken.push_back(fmt::format("pipeline: {}: {} of {}", what, part, whole));
  };
  at_most(pipeline.ok + pipeline.failed, pipeline.requests, "requests that were answered or failed");
  at_most(pipeline.failures.size(), pipeline.failed, "reasons for failed requests");
  at_most(pipeline.within_objective, pipeline.ok, "answers within the objective");
  at_most(pipeline.reused_tokens, pipeline.prompt_tokens, "prompt tokens reused");
  at_most(pipeline.real_tokens, pipeline.padded_tokens, "tokens without padding");
  // Apart from the sum, which holds for counts that wrapped around as well.
  at_most(pipeline.images_encoded, pipeline.images, "images encoded");
  if (pipeline.images_encoded + pipeline.encoder_calls_saved != pipeline.images) {
    broken.push_back(fmt::format("pipeline: {} images encoded and {} calls saved of {}",
                                 pipeline.images_encoded, pipeline.encoder_calls_saved, pipeline.images));
  }
  return broken;
}

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#include "report/pipeline_section.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "report/report.h"
#include "result/json.h"
#include "support/page_check.h"
#include "support/sample_result.h"

namespace cachebench::report {
namespace {

result::RunResult with_pipeline() {
  result::RunResult sample = test::sample_result();
  result::Pipeline pipeline;
  pipeline.runner = "<modelled>";
  pipeline.processing = "async";
  pipeline.requests = 100;
  pipeline.ok = 98;
  pipeline.failed = 2;
  pipeline.within_objective = 90;
  pipeline.objective_ns = 1'000'000'000;
  pipeline.elapsed_ns = 4'000'000'000;
  pipeline.images = 40;
  pipeline.images_encoded = 10;
  pipeline.encoder_calls_saved = 30;
  pipeline.prompt_tokens = 5000;
  pipeline.reused_tokens = 4000;
  pipeline.real_tokens = 1000;
  pipeline.padded_tokens = 1250;
  pipeline.active_ns = 4'000'000'000;
  pipeline.overlapped_ns = 1'000'000'000;
  pipeline.slowest_stage_ns = 3'600'000'000;
  pipeline.stages = {
      {.name = "compute", .workers = 1, .jobs = 20, .busy_ns = 3'600'000'000, .occupancy_ratio = 0.9}};
  sample.pipeline = pipeline;
  return sample;
}

TEST_CASE("a run without a pipeline says nothing of one") {
  result::RunResult sample = test::sample_result();
  sample.pipeline.reset();
  CHECK(pipeline_section(sample).empty());
  CHECK(pipeline_lines(sample).empty());
}

TEST_CASE("every figure of the pipeline section is in the document") {
  const result::RunResult sample = with_pipeline();
  const std::string html = pipeline_section(sample);
  CHECK(html.find("<modelled>") == std::string::npos);
  test::hold_page_to(result::to_json(sample), html, 25, "");
}

TEST_CASE("the lines of Markdown name rate, savings and stages") {
  const std::string text = pipeline_lines(with_pipeline());
  CHECK(text.find("100 requests, 25/s") != std::string::npos);
  CHECK(text.find("30 of 40 encoder calls saved") != std::string::npos);
  CHECK(text.find("| compute | 1 | 3.6 s |") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::report

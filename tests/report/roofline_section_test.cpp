// SPDX-License-Identifier: Apache-2.0
#include "report/roofline_section.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "result/json.h"
#include "support/page_check.h"
#include "support/sample_result.h"

namespace cachebench::report {
namespace {

result::Pipeline with_roofline() {
  result::Pipeline pipeline;
  pipeline.roofline = result::Roofline{
      .elapsed_ns = 2'500'000'000,
      .stages = {{.name = "load",
                  .resource = "<ssd>",
                  .basis = "measured",
                  .busy_ns = 1'000'000'000,
                  .cpu_ns = 100'000'000},
                 {.name = "compute",
                  .resource = "cpu cores",
                  .basis = "measured",
                  .busy_ns = 3'000'000'000,
                  .cpu_ns = 3'000'000'000}},
      .resources = {{.name = "cpu cores", .basis = "measured", .units = 2, .busy_ns = 4'000'000'000},
                    {.name = "link up", .basis = "emulated", .units = 1, .busy_ns = 500'000'000}},
      .compute = result::RooflineCompute{.basis = "measured",
                                         .flops = 6'000'000'000,
                                         .bytes = 3'000'000'000,
                                         .busy_ns = 3'000'000'000,
                                         .peak_flops_per_second = 1e11,
                                         .peak_bytes_per_second = 1e10}};
  return pipeline;
}

TEST_CASE("a pipeline without a roofline says nothing of one") {
  CHECK(roofline_card({}).empty());
  CHECK(roofline_lines({}).empty());
  CHECK(roofline_summary({}).empty());
}

TEST_CASE("every figure of the roofline is in the document") {
  result::RunResult sample = test::sample_result();
  sample.pipeline = with_roofline();
  const std::string html = roofline_card(*sample.pipeline);
  CHECK(html.find("<ssd>") == std::string::npos);
  test::hold_page_to(result::to_json(sample), html, 15, "");
}

TEST_CASE("lines name the bound, what sets it, and what was reached") {
  for (const std::string& text : {roofline_lines(with_roofline()), roofline_summary(with_roofline())}) {
    CHECK(text.find("at most 2.00 times") != std::string::npos);
    CHECK(text.find("limited by cpu cores") != std::string::npos);
    CHECK(text.find("reached 1.60 times") != std::string::npos);
    CHECK(text.find("2 GFLOP/s of 100 GFLOP/s") != std::string::npos);
    CHECK(text.find("emulated") != std::string::npos);
  }
}

}  // namespace
}  // namespace cachebench::report

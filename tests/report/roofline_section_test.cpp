// SPDX-License-Identifier: Apache-2.0
#include "report/roofline_section.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "result/json.h"
#include "support/page_check.h"
#include "support/sample_result.h"
#include "support/sample_roofline.h"

namespace cachebench::report {
namespace {

result::Pipeline with_roofline() {
  result::Pipeline pipeline;
  pipeline.roofline = test::sample_roofline();
  pipeline.roofline->stages[0].resource = "<ssd>";
  pipeline.roofline->resources.pop_back();
  pipeline.roofline->compute->peak_flops_per_second = 1e11;
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

// SPDX-License-Identifier: Apache-2.0
#include "report/multimodal_section.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "report/report.h"
#include "result/json.h"
#include "support/page_check.h"
#include "support/sample_result.h"

namespace cachebench::report {
namespace {

TEST_CASE("a run without a multimodal cache says nothing of one") {
  result::RunResult sample = test::sample_result();
  sample.multimodal.reset();
  CHECK(multimodal_section(sample).empty());
  CHECK(multimodal_line(sample).empty());
  CHECK(render("html", sample).find("id=\"multimodal\"") == std::string::npos);
}

TEST_CASE("every figure of the multimodal section is in the document") {
  result::RunResult sample = test::sample_result();
  sample.multimodal->eviction_policy = "<lru>";
  sample.multimodal->kinds["<b>"] = {};
  const std::string html = multimodal_section(sample);
  CHECK(html.find("<b>") == html.find("<b>lru"));  // escaped wherever it is a name
  test::hold_page_to(result::to_json(sample), html, 30, "");
}

TEST_CASE("one line of Markdown") {
  const std::string line = multimodal_line(test::sample_result());
  CHECK(line.find("900 exact and 0 similar hits") != std::string::npos);
  CHECK(line.find("eviction efficiency 86.4%") != std::string::npos);
  CHECK(render("md", test::sample_result()).find("Multimodal cache: ") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::report

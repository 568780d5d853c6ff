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

TEST_CASE("errors of similar hits stand in a table, a distribution and the line") {
  result::RunResult sample = test::sample_result();
  sample.multimodal->similarity.errors = {{.verdict = "right",
                                           .basis = "served",
                                           .compared = 10,
                                           .mean_relative_l2 = 0.25,
                                           .p50_relative_l2 = 0.2,
                                           .p90_relative_l2 = 0.3,
                                           .max_relative_l2 = 0.35,
                                           .mean_cosine = 0.97,
                                           .min_cosine = 0.9,
                                           .histogram = std::vector<std::uint64_t>(result::kErrorBins, 0)},
                                          {.verdict = "<false>", .basis = "served", .not_comparable = 2}};
  sample.multimodal->similarity.errors[0].histogram[2] = 10;
  const std::string html = multimodal_section(sample);
  CHECK(html.find("<false>") == std::string::npos);
  CHECK(html.find("Distribution of the errors") != std::string::npos);
  test::hold_page_to(result::to_json(sample), html, 40, "");
  CHECK(multimodal_line(sample).find("right 0.25 (served, cosine 0.97).") != std::string::npos);
}

TEST_CASE("one line of Markdown") {
  const std::string line = multimodal_line(test::sample_result());
  CHECK(line.find("900 exact and 0 similar hits") != std::string::npos);
  CHECK(line.find("eviction efficiency 86.4%") != std::string::npos);
  CHECK(render("md", test::sample_result()).find("Multimodal cache: ") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::report

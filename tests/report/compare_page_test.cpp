// SPDX-License-Identifier: Apache-2.0
#include "report/compare_page.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "result/json.h"
#include "support/page_check.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

result::Comparison sample() {
  static const Json a = result::to_json(test::sample_result());
  static Json b = a;
  b["totals"]["misses"] = 7'200;
  b["totals"]["hits"] = 15'201;
  b["totals"]["wrong_bytes"] = 3;
  b["latency"]["L2"]["p50_ns"] = 500'000;
  b["kinds"].erase("text");
  return result::compare({{.name = "a.json", .documents = {&a}}, {.name = "<b>.json", .documents = {&b}}},
                         result::OnDifference::kTell);
}

TEST_CASE("the table shows what differs, the largest difference first, and counts the rest") {
  const std::string text = report::compare_table(sample(), 3);
  CHECK(text.find("totals.wrong_bytes") < text.find("totals.misses"));
  CHECK(text.find("totals.misses") < text.find("latency.L2.p50_ns"));
  CHECK(text.find("totals.hits ") == std::string::npos);
  CHECK(text.find("and 1 more that differ\n") != std::string::npos);
  CHECK(text.find("only in a.json: kinds.text.accesses\n") != std::string::npos);
  CHECK(text.find("0.5000") != std::string::npos);
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    CHECK(text[at - 1] != ' ');
  }
}

TEST_CASE("every figure of the page is in the document, and names stay text") {
  result::Comparison comparison = sample();
  comparison.differences = {"the seeds differ (1, 2)"};
  const std::string html = report::compare_page(comparison);
  test::hold_page_to(result::to_json(comparison), html, 20, "");
  CHECK(html.find("<b>.json") == std::string::npos);
  CHECK(html.find("data-chart=\"forest\"") != std::string::npos);
  comparison.rows.clear();
  comparison.unmatched.clear();
  CHECK(report::compare_page(comparison).find("is equal") != std::string::npos);
}

}  // namespace

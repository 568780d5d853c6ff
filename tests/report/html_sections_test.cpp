// SPDX-License-Identifier: Apache-2.0
// Every figure of the page is in the document: each is held against the pointer it names, and outside of
// figures there are no digits but those of names.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "report/html_page.h"
#include "report/html_parts.h"
#include "report/report.h"
#include "result/json.h"
#include "support/page_check.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;

void hold_to_the_document(const result::RunResult& result, std::size_t at_least) {
  test::hold_page_to(result::to_json(result), report::render("html", result), at_least,
                     "cachebench run --config configs/run/quickstart.json --mode real");
}

TEST_CASE("every figure of the page is in the document") {
  hold_to_the_document(test::sample_result(), 700);
  result::RunResult other = test::sample_result();
  other.status = result::Status::kInvalid;
  other.reasons = {"p99 of the schedule lag is 12 ms"};
  other.mode = "simulate";
  other.model_check.clear();
  other.latency.clear();
  hold_to_the_document(other, 600);
  hold_to_the_document(result::RunResult{}, 10);
}

TEST_CASE("each part stands alone, with its heading, its table and its chart") {
  const result::RunResult sample = test::sample_result();
  const std::pair<std::string, std::vector<std::string>> parts[] = {
      {report::tiers_section(sample), {"flow", "links"}},
      {report::kinds_section(sample), {"kinds"}},
      {report::misses_section(sample), {"causes"}},
      {report::latency_section(sample), {"latency"}},
      {report::series_section(sample), {"progress", "occupancy"}},
      {report::model_section(sample), {"model"}}};
  for (const auto& [html, charts] : parts) {
    CHECK(html.find("<h2") != std::string::npos);
    CHECK(html.find("<table") != std::string::npos);
    for (const std::string& name : charts) CHECK(html.find(report::chart(name)) != std::string::npos);
  }
}

TEST_CASE("parts without anything to show draw nothing and say so") {
  const result::RunResult nothing;
  CHECK(report::tiers_section(nothing).find("data-chart") == std::string::npos);
  CHECK(report::kinds_section(nothing).find("data-chart") == std::string::npos);
  CHECK(report::misses_section(nothing).find("data-chart") == std::string::npos);
  CHECK(report::latency_section(nothing).find("No latency was recorded") != std::string::npos);
  CHECK(report::series_section(nothing).find("No intervals were recorded") != std::string::npos);
  CHECK(report::model_section(nothing).find("no measurement") != std::string::npos);
}

}  // namespace

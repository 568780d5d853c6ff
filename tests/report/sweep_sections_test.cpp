// SPDX-License-Identifier: Apache-2.0
#include "report/sweep_sections.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "report/html_parts.h"
#include "support/sample_sweep.h"

namespace {

using namespace cachebench;

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

TEST_CASE("each part has its heading, its chart and a table behind it") {
  const result::SweepResult sweep = test::sample_sweep();
  const std::pair<std::string, std::string> parts[] = {
      {report::ranking_section(sweep), "ranking"}, {report::pareto_section(sweep), "pareto"},
      {report::curves_section(sweep), "curves"},   {report::heat_section(sweep), "heat"},
      {report::regret_section(sweep), "regret"},   {report::candidate_kinds_section(sweep), "sweepkinds"}};
  for (const auto& [html, name] : parts) {
    CAPTURE(name);
    CHECK(holds(html, "<h2"));
    CHECK(holds(html, "<table"));
    CHECK(holds(html, report::chart(name)));
  }
  CHECK(holds(report::points_section(sweep), "<table"));
}

TEST_CASE("the ranking says score, settings won and regret; the best comes first") {
  const std::string html = report::ranking_section(test::sample_sweep());
  CHECK(html.find(">adaptive<") < html.find(">fifo<"));
  CHECK(holds(html, "data-path=\"/ranking/0/regret_ratio\""));
  CHECK(holds(html, "Mean saved time"));
  CHECK(holds(report::ranking_section(test::sample_short_sweep()), "Mean miss ratio"));
}

TEST_CASE("what a sweep does not have is left out") {
  const result::SweepResult sweep = test::sample_short_sweep();
  CHECK(report::regret_section(sweep).empty());
  CHECK(report::candidate_kinds_section(sweep).empty());
  CHECK(holds(report::curves_section(sweep), "data-chart=\"curves\""));
  const result::SweepResult nothing;
  CHECK(holds(report::ranking_section(nothing), "No point is complete"));
  CHECK(report::pareto_section(nothing).empty());
  CHECK(report::curves_section(nothing).empty());
  CHECK(report::heat_section(nothing).empty());
}

TEST_CASE("a table of very many points is cut, and says so") {
  result::SweepResult sweep = test::sample_short_sweep();
  const result::SweepPoint point = sweep.points.front();
  sweep.points.resize(2500, point);
  const std::string html = report::points_section(sweep);
  CHECK(holds(html, "The first 2,000 of 2,500 rows"));
  CHECK(!holds(html, "/points/2400/"));
}

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "report/sweep_page.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "report/report.h"
#include "support/page_check.h"
#include "support/sample_sweep.h"

namespace {

using namespace cachebench;

TEST_CASE("every figure of a sweep's page is in the document") {
  const std::string command = "cachebench sweep --config configs/sweep/policies.json";
  const result::SweepResult sweep = test::sample_sweep();
  test::hold_page_to(result::to_json(sweep), report::sweep_page(sweep), 1500, command);
  const result::SweepResult brief = test::sample_short_sweep();
  test::hold_page_to(result::to_json(brief), report::sweep_page(brief), 200, command);
  const result::SweepResult nothing;
  test::hold_page_to(result::to_json(nothing), report::sweep_page(nothing), 5, command);
}

TEST_CASE("the first screen says what to take, by how much, and how sure that is") {
  result::SweepResult sweep = test::sample_sweep();
  std::string html = report::render("html", sweep);
  CHECK(html.find("data-path=\"/recommendation/policy\">adaptive<") != std::string::npos);
  CHECK(html.find("data-path=\"/recommendation/margin\"") != std::string::npos);
  CHECK(html.find("data-path=\"/recommendation/spread\"") != std::string::npos);
  CHECK(html.find("before <span data-path=\"/recommendation/runner_up\">gdsf<") != std::string::npos);
  sweep.recommendation->exceeds_spread = false;
  CHECK(report::sweep_page(sweep).find("no difference shown") != std::string::npos);
  sweep.recommendation->exceeds_spread.reset();
  sweep.recommendation->spread.reset();
  CHECK(report::sweep_page(sweep).find("spread unknown") != std::string::npos);
  sweep.status = result::Status::kPartial;
  sweep.reasons = {"killed"};
  CHECK(report::sweep_page(sweep).find("of the points that were finished") != std::string::npos);
}

TEST_CASE("hostile names stay text") {
  result::SweepResult sweep = test::sample_sweep();
  const std::string evil = "</script><img src=x onerror=alert(1)>";
  sweep.name = sweep.trace.name = sweep.notes[0] = evil;
  sweep.recommendation->policy = sweep.recommendation->why = sweep.recommendation->runner_up = evil;
  sweep.axes[0].path = evil;
  sweep.curves[0].policy = sweep.curves[0].error_basis = evil;
  for (result::SweepPoint& point : sweep.points) {
    point.policy = point.name = point.reason = evil;
    point.axes = {{evil, evil + point.name}, {"seed", evil}};
    point.kinds[evil] = {};
  }
  const std::string html = report::sweep_page(sweep);
  CHECK(html.find(evil) == std::string::npos);
  CHECK(html.find("<img") == std::string::npos);
}

}  // namespace

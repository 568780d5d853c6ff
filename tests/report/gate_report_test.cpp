// SPDX-License-Identifier: Apache-2.0
#include "report/gate_report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/xml_check.h"

namespace {

using namespace cachebench;
using result::Verdict;

result::MetricVerdict metric(const std::string& path, Verdict verdict, const std::string& reason) {
  result::MetricVerdict made;
  made.file = "quick.json";
  made.path = path;
  made.verdict = verdict;
  made.reason = reason;
  made.baseline = {.number = 14400, .text = "14400"};
  made.candidate = {.number = 14401, .text = "14401"};
  return made;
}

result::GateResult sample() {
  result::GateResult gate;
  gate.metrics = {metric("totals.hits", Verdict::kPass, "equal"),
                  metric("totals.misses", Verdict::kRegressed, "1 more"),
                  metric("latency.L1.p50_ns", Verdict::kUndecided, "measured once")};
  gate.verdict = result::overall(gate.metrics);
  return gate;
}

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

TEST_CASE("the table puts the worst first and ends with the verdict") {
  const std::string text = report::gate_table(sample());
  CHECK(text.find("totals.misses") < text.find("latency.L1"));
  CHECK(text.find("latency.L1") < text.find("totals.hits"));
  CHECK(holds(text, "14,400     14,401  1 more\n"));
  CHECK(text.ends_with("gate: regressed (1 regressed, 1 undecided, 1 pass)\n"));
}

TEST_CASE("Markdown shows what is not passed, within 60 lines, and names stay text") {
  const std::string text = report::gate_markdown(sample());
  CHECK(text.starts_with("## Gate: regressed\n"));
  CHECK(holds(text, "| regressed | quick.json: totals.misses | 14,400 | 14,401 | 1 more |"));
  CHECK_FALSE(holds(text, "totals.hits"));
  result::GateResult big = sample();
  for (int i = 0; i < 300; ++i) big.metrics.push_back(metric("<b>|x\n#", Verdict::kRegressed, "`r`"));
  const std::string long_text = report::gate_markdown(big);
  CHECK(std::count(long_text.begin(), long_text.end(), '\n') <= 60);
  CHECK_FALSE(holds(long_text, "<b>"));
  result::GateResult quiet;
  quiet.metrics = {metric("totals.hits", Verdict::kPass, "equal")};
  CHECK(holds(report::gate_markdown(quiet), "totals.hits"));
}

TEST_CASE("JUnit has a suite per file, failures for regressions, skips for the undecided") {
  result::GateResult gate = sample();
  gate.metrics.push_back(metric("x", Verdict::kImproved, "less"));
  gate.metrics.back().file = "other.json";
  const std::string xml = report::gate_junit(gate);
  CHECK(test::xml_fault(xml) == "");
  CHECK(holds(xml, "tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\""));
  CHECK(holds(xml, "<testsuite name=\"other.json\" tests=\"1\" failures=\"0\""));
  CHECK(holds(xml, "<property name=\"candidate\" value=\"14401\"/>"));
}

}  // namespace

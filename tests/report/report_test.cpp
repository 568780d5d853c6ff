// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>

#include "core/error.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;

std::ptrdiff_t lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST_CASE("the formats of the contract are there, and a wrong name is told the nearest") {
  for (const char* name : {"html", "md", "csv", "prometheus"}) CHECK(report::format_of(name).name == name);
  try {
    (void)report::format_of("htlm");
    FAIL("not thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(std::string(error.what()).find("html") != std::string::npos);
  }
}

TEST_CASE("every format renders the sample and an empty result") {
  for (const auto& format : Registry<report::ReportDescriptor>::instance().items()) {
    CAPTURE(format.name);
    const std::string text = format.render(test::sample_result());
    CHECK(text.size() > 200);
    CHECK(text == format.render(test::sample_result()));
    CHECK(!format.render(result::RunResult{}).empty());
  }
}

TEST_CASE("Markdown stays within 60 lines, and names cannot break its tables") {
  result::RunResult big = test::sample_result();
  for (int i = 0; i < 200; ++i) {
    big.latency["stage " + std::to_string(i)] = big.latency["L1"];
    big.kinds["kind " + std::to_string(i)] = {};
    big.notes.push_back("a note\nof two lines");
    big.reasons.push_back("a reason | with a bar");
  }
  big.trace.name = "<b>|x|\n# title";
  const std::string text = report::render("md", big);
  CHECK(lines_of(text) <= 60);
  CHECK(text.find("<b>") == std::string::npos);
  CHECK(text.find("\n# title") == std::string::npos);
  CHECK(report::render("md", test::sample_result()).find("8,100") != std::string::npos);
}

TEST_CASE("CSV has a row for every single fact") {
  const std::string text = report::render("csv", test::sample_result());
  CHECK(text.starts_with("path,value\nschema,cachebench/result\n"));
  CHECK(text.find("\ntotals.hits,15200\n") != std::string::npos);
  CHECK(text.find("\ntiers.1.device,host\n") != std::string::npos);
  CHECK(text.find("\nmisses_by_cause.cold,8900\n") != std::string::npos);
  CHECK(text.find("series") == std::string::npos);
}

TEST_CASE(
    "OpenMetrics: every family has a type, counters end in _total, no sample repeats, and it ends in EOF") {
  result::RunResult sample = test::sample_result();
  sample.trace.name = "a\"b\\c\nd";
  const std::string text = report::render("prometheus", sample);
  CHECK(text.ends_with("\n# EOF\n"));
  CHECK(text.find("trace=\"a\\\"b\\\\c\\nd\"") != std::string::npos);
  CHECK(text.find("\ncachebench_accesses_total{outcome=\"hit\"} 15200\n") != std::string::npos);
  CHECK(text.find("\ncachebench_latency_seconds_count{stage=\"L1\",basis=\"emulated\"} 8100\n") !=
        std::string::npos);
  std::istringstream lines(text);
  std::string family;
  std::string type;
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      type = line.substr(line.rfind(' ') + 1);
      CHECK(seen.insert("family " + family).second);
    } else if (!line.starts_with("#")) {
      CAPTURE(line);
      CHECK(line.starts_with(family));
      if (type == "counter") CHECK(line.starts_with(family + "_total"));
      CHECK(seen.insert(line.substr(0, line.rfind(' '))).second);
    }
  }
  CHECK(seen.size() > 90);
}

}  // namespace

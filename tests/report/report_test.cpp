// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "core/error.h"
#include "support/sample_result.h"
#include "support/sample_sweep.h"
#include "support/xml_check.h"

namespace {

using namespace cachebench;

std::ptrdiff_t lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST_CASE("the formats of the contract are there, and a wrong name is told the nearest") {
  for (const char* name : {"html", "md", "csv", "junit", "prometheus", "trace", "gbench"})
    CHECK(report::format_of(name).name == name);
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

TEST_CASE("every format renders sweeps too, the short form and an empty one") {
  for (const auto& format : Registry<report::ReportDescriptor>::instance().items()) {
    CAPTURE(format.name);
    CHECK(format.render_sweep(test::sample_sweep()).size() > 200);
    CHECK(format.render_sweep(test::sample_short_sweep()).find("s3fifo") != std::string::npos);
    CHECK(!format.render_sweep(result::SweepResult{}).empty());
  }
  CHECK(lines_of(report::render("md", test::sample_sweep())) <= 60);
  CHECK(report::render("md", test::sample_sweep()).find("**Take adaptive.**") != std::string::npos);
  CHECK(report::render("csv", test::sample_sweep()) == result::to_csv(test::sample_sweep()));
  CHECK(report::render("prometheus", test::sample_sweep()).ends_with("# EOF\n"));
}

TEST_CASE("JUnit: a case for each thing a result must hold, a case per point of a sweep") {
  result::RunResult run = test::sample_result();
  const std::string good = report::render("junit", run);
  CHECK(test::xml_fault(good) == "");
  CHECK(good.find("tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"0\"") != std::string::npos);
  run.name = "</testsuite><a b=\"\x01";
  run.status = result::Status::kInvalid;
  run.reasons = {"lag & more"};
  run.totals.hits += 1;
  run.totals.wrong_bytes = 3;
  const std::string bad = report::render("junit", run);
  CHECK(test::xml_fault(bad) == "");
  CHECK(bad.find("failures=\"3\"") != std::string::npos);
  CHECK(bad.find("invalid: lag &amp; more") != std::string::npos);
  run = test::sample_result();
  run.totals.verified_bytes = 0;
  CHECK(report::render("junit", run).find("skipped=\"1\"") != std::string::npos);
  result::SweepResult sweep = test::sample_sweep();
  sweep.points[0].status = result::Status::kInvalid;
  sweep.points[0].reason = "no such policy";
  const std::string points = report::render("junit", sweep);
  CHECK(test::xml_fault(points) == "");
  CHECK(points.find("tests=\"81\" failures=\"1\"") != std::string::npos);
}

TEST_CASE("trace events are in order of time, end to end, and counters carry the levels") {
  const auto document = nlohmann::json::parse(report::render("trace", test::sample_result()));
  double at = 0;
  double counted = 0;
  std::size_t slices = 0;
  for (const auto& event : document.at("traceEvents")) {
    if (event.at("ph") == "X") {
      CHECK(event.at("ts").get<double>() == doctest::Approx(at));
      at += event.at("dur").get<double>();
      counted += event.at("args").at("hits").get<double>();
      ++slices;
    }
  }
  double expected = 0;
  for (const auto& point : test::sample_result().series) expected += static_cast<double>(point.hits);
  CHECK(slices == 60);
  CHECK(counted == expected);
  CHECK(at == doctest::Approx(120e6));
  const auto points = nlohmann::json::parse(report::render("trace", test::sample_sweep()));
  CHECK(points.at("traceEvents").size() == 82);
  result::RunResult hostile = test::sample_result();
  hostile.name = hostile.tiers[0].name = "\"}],\xFF</script>";
  CHECK(nlohmann::json::parse(report::render("trace", hostile)).at("traceEvents").size() > 60);
}

TEST_CASE("Google Benchmark JSON says in each row where its time comes from") {
  const auto document = nlohmann::json::parse(report::render("gbench", test::sample_result()));
  CHECK(document.at("context").at("json_schema_version") == 1);
  const auto& rows = document.at("benchmarks");
  REQUIRE(rows.size() == 2 + 5);
  std::set<std::string> names;
  for (const auto& row : rows) {
    for (const char* key : {"name", "run_name", "run_type", "repetitions", "repetition_index", "threads",
                            "iterations", "real_time", "cpu_time", "time_unit"}) {
      CHECK(row.contains(key));
    }
    CHECK(names.insert(row.at("name").get<std::string>()).second);
  }
  CHECK(rows[0].at("hits") == 15'200);
  CHECK(rows[0].at("label") == "measured");
  CHECK(rows[1].at("label") == "modelled");
  CHECK(rows[2].at("label") == "emulated");
  CHECK(rows[1].at("real_time").get<double>() == doctest::Approx(233'100'000'000.0 / 37'000));
  CHECK(nlohmann::json::parse(report::render("gbench", test::sample_sweep())).at("benchmarks").size() == 81);
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
    "Prometheus: every family has a type, counters end in _total, no sample repeats, and it ends in EOF") {
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
      if (type == "counter") CHECK(family.ends_with("_total"));
      CHECK(seen.insert(line.substr(0, line.rfind(' '))).second);
    }
  }
  CHECK(seen.size() > 90);
}

}  // namespace

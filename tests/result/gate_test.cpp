// SPDX-License-Identifier: Apache-2.0
#include "result/gate.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "result/json.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;
using result::Direction;
using result::GateResult;
using result::GateRule;
using result::MetricSort;
using result::Verdict;

GateRule rule(const std::string& path, Direction direction = Direction::kLower) {
  return {.path = path, .direction = direction};
}

GateResult judge(const std::vector<GateRule>& rules, const Json& baseline, const Json& candidate) {
  return result::judge({.file = "g.json", .metrics = rules}, {{.name = "",
                                                               .baseline_file = "a.json",
                                                               .candidate_file = "b.json",
                                                               .baseline = &baseline,
                                                               .candidate = &candidate}});
}

const Json& sample() {
  static const Json document = result::to_json(test::sample_result());
  return document;
}

Json with(const std::string& pointer, const Json& value) {
  Json document = sample();
  document[Json::json_pointer(pointer)] = value;
  return document;
}

Verdict verdict_of(const GateRule& rule, const Json& candidate) {
  return judge({rule}, sample(), candidate).verdict;
}

TEST_CASE("one nanosecond more or less decides, each way by the direction") {
  const std::int64_t service = sample()["totals"]["service_ns"];
  const Json more = with("/totals/service_ns", service + 1);
  const Json less = with("/totals/service_ns", service - 1);
  const std::string path = "totals.service_ns";
  CHECK(verdict_of(rule(path), sample()) == Verdict::kPass);
  CHECK(verdict_of(rule(path), more) == Verdict::kRegressed);
  CHECK(verdict_of(rule(path), less) == Verdict::kImproved);
  CHECK(verdict_of(rule(path, Direction::kHigher), more) == Verdict::kImproved);
  CHECK(verdict_of(rule(path, Direction::kHigher), less) == Verdict::kRegressed);
  CHECK(verdict_of(rule(path, Direction::kEqual), more) == Verdict::kRegressed);
  CHECK(verdict_of(rule(path, Direction::kEqual), less) == Verdict::kRegressed);
  const auto metric = judge({rule(path)}, sample(), more).metrics.at(0);
  CHECK(metric.reason.find("1 more") != std::string::npos);
  CHECK(*metric.baseline.number == static_cast<double>(service));
  CHECK(metric.pairs == 1);
}

TEST_CASE("the larger tolerance counts, up to and with its edge") {
  GateRule wide = rule("totals.misses");  // 14,400
  wide.tolerance_ratio = 0.01;
  CHECK(verdict_of(wide, with("/totals/misses", 14'400 + 144)) == Verdict::kPass);
  CHECK(verdict_of(wide, with("/totals/misses", 14'400 + 145)) == Verdict::kRegressed);
  CHECK(verdict_of(wide, with("/totals/misses", 14'400 - 145)) == Verdict::kImproved);
  wide.tolerance_absolute = 200;
  CHECK(verdict_of(wide, with("/totals/misses", 14'600)) == Verdict::kPass);
  CHECK(verdict_of(wide, with("/totals/misses", 14'601)) == Verdict::kRegressed);
}

TEST_CASE("limits hold whatever the baseline is") {
  GateRule limited = rule("totals.hit_ratio", Direction::kHigher);
  limited.min = 0.9;
  CHECK(verdict_of(limited, sample()) == Verdict::kRegressed);
  CHECK(verdict_of(limited, with("/totals/hit_ratio", 0.95)) == Verdict::kImproved);
  limited.min.reset();
  limited.max = 0.1;
  CHECK(judge({limited}, sample(), sample()).metrics[0].reason.find("above the limit") != std::string::npos);
}

TEST_CASE("globs hold every value they name; texts can only be equal") {
  const GateResult tiers = judge({rule("tiers.*.hits", Direction::kEqual)}, sample(), sample());
  REQUIRE(tiers.metrics.size() == 3);
  CHECK(tiers.metrics[1].path == "tiers.1.hits");
  CHECK(verdict_of(rule("decision_log_hash", Direction::kEqual), sample()) == Verdict::kPass);
  CHECK(verdict_of(rule("decision_log_hash", Direction::kEqual), with("/decision_log_hash", "00")) ==
        Verdict::kRegressed);
  CHECK_THROWS_AS((void)verdict_of(rule("decision_log_hash"), sample()), Error);
  const GateResult numbers = judge({rule("tiers.0.*")}, sample(), sample());
  for (const auto& metric : numbers.metrics) CHECK(metric.path != "tiers.0.name");
  CHECK(numbers.metrics.size() > 8);
}

TEST_CASE("a value on one side alone, or without a number, is not passed over") {
  Json fewer = sample();
  fewer["kinds"].erase("text");
  CHECK(verdict_of(rule("kinds.*.hits", Direction::kEqual), fewer) == Verdict::kRegressed);
  CHECK(verdict_of(rule("kinds.*.hits"), fewer) == Verdict::kUndecided);
  CHECK(judge({rule("kinds.*.hits")}, fewer, sample()).verdict == Verdict::kUndecided);
  const Json null = with("/totals/hit_ratio", nullptr);
  CHECK(verdict_of(rule("totals.hit_ratio"), null) == Verdict::kUndecided);
  CHECK(judge({rule("totals.hit_ratio")}, null, null).verdict == Verdict::kPass);
}

TEST_CASE("measured values are undecided, and say what it takes; modelled ones are exact") {
  GateRule measured = rule("latency.L2.p50_ns");
  measured.sort = MetricSort::kMeasured;
  measured.tolerance_ratio = 0.03;
  const auto metric = judge({measured}, sample(), sample()).metrics.at(0);
  CHECK(metric.verdict == Verdict::kUndecided);
  CHECK(metric.reason.find("pairs") != std::string::npos);
  measured.max = 1;
  CHECK(verdict_of(measured, sample()) == Verdict::kRegressed);
  measured.max.reset();
  measured.path = "latency.miss.p50_ns";
  CHECK(verdict_of(measured, sample()) == Verdict::kPass);
}

TEST_CASE("the worst verdict is the gate's, undecided before improved") {
  const auto of = [](std::vector<Verdict> list) {
    std::vector<result::MetricVerdict> metrics;
    for (const Verdict verdict : list) {
      metrics.emplace_back();
      metrics.back().verdict = verdict;
    }
    return result::overall(metrics);
  };
  CHECK(of({}) == Verdict::kPass);
  CHECK(of({Verdict::kPass, Verdict::kImproved}) == Verdict::kImproved);
  CHECK(of({Verdict::kImproved, Verdict::kUndecided}) == Verdict::kUndecided);
  CHECK(of({Verdict::kUndecided, Verdict::kRegressed, Verdict::kImproved}) == Verdict::kRegressed);
}

TEST_CASE("what cannot be compared is refused in one line that names the file and the reason") {
  const auto refused = [](const std::string& path, const Json& candidate, const std::string& word) {
    try {
      (void)judge({rule(path)}, sample(), candidate);
      FAIL("not thrown");
    } catch (const Error& error) {
      CAPTURE(error.what());
      CHECK(error.kind() == ErrorKind::kInput);
      CHECK(std::string(error.what()).find(word) != std::string::npos);
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
  };
  refused("totals.misses", with("/trace/sha256", "00"), "b.json: cannot be compared with a.json: the traces");
  refused("totals.misses", with("/config/seed", 7), "seeds");
  refused("totals.misses", with("/config/profile", "x"), "profiles");
  refused("totals.misses", with("/mode", "simulate"), "modes");
  refused("totals.misses", with("/status", "partial"), "partial");
  refused("totals.mises", sample(), "did you mean 'totals.misses'");
  refused("tiers.*.nothing", sample(), "matches no value in a.json");
  Json without = sample();
  without["totals"].erase("evictions");
  refused("totals.evictions", without, "matches no value in b.json");
}

TEST_CASE("the document has the keys of the contract, whole numbers as such") {
  Json candidate = with("/totals/misses", 14'401);
  const Json document = to_json(
      judge({rule("totals.misses"), rule("decision_log_hash", Direction::kEqual)}, sample(), candidate));
  CHECK(document["verdict"] == "regressed");
  const Json& metric = document["metrics"][0];
  CHECK(metric["path"] == "totals.misses");
  CHECK(metric["sort"] == "deterministic");
  CHECK(metric["verdict"] == "regressed");
  CHECK(metric["baseline"].dump() == "14400");
  CHECK(metric["candidate"].dump() == "14401");
  CHECK(metric["ratio"].get<double>() == doctest::Approx(14401.0 / 14400.0));
  CHECK(metric["interval"].is_null());
  CHECK(metric["pairs"] == 1);
  CHECK(!metric["reason"].get<std::string>().empty());
  CHECK(document["metrics"][1]["baseline"] == sample()["decision_log_hash"]);
}

}  // namespace

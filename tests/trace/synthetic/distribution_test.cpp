// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/distribution.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "trace/synthetic/statistics.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t kDraws = 20'000;

Distribution parsed(const std::string& text) {
  return Distribution::parse(ordered_json::parse(text), "f.json: x");
}

std::vector<std::uint64_t> draws(const Distribution& distribution) {
  Rng rng(1);
  std::vector<std::uint64_t> result(kDraws);
  for (std::uint64_t& value : result) value = distribution.sample(rng);
  return result;
}

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

std::string error_for(const std::string& text) {
  return error_of([&] { parsed(text); });
}

}  // namespace

TEST_CASE("samples follow what the spec says") {
  CHECK(draws(parsed("17")) == std::vector<std::uint64_t>(kDraws, 17));
  CHECK(ks_distance(draws(parsed(R"({"uniform": [3, 5]})")), {{3, 1}, {4, 1}, {5, 1}}) < ks_limit(kDraws));
  CHECK(ks_distance(draws(parsed(R"({"histogram": {"7": 3, "100": 1, "2": 0}})")), {{7, 0.75}, {100, 0.25}}) <
        ks_limit(kDraws));
  std::map<std::uint64_t, double> geometric;
  for (std::uint64_t k = 1; k < 200; ++k) geometric[k] = std::pow(0.75, static_cast<double>(k - 1)) / 4;
  CHECK(ks_distance(draws(parsed(R"({"geometric": {"mean": 4}})")), geometric) < ks_limit(kDraws));
  std::map<std::uint64_t, double> lognormal;
  double before = 0;
  for (std::uint64_t k = 1; k <= 400; ++k) {
    const double upto = k == 400 ? 1 : normal_cdf(std::log((static_cast<double>(k) + 0.5) / 60.0) / 0.8);
    lognormal[k] = upto - before;
    before = upto;
  }
  CHECK(ks_distance(draws(parsed(R"({"lognormal": {"median": 60, "sigma": 0.8, "max": 400}})")), lognormal) <
        ks_limit(kDraws));
}

TEST_CASE("the comparison notices a distribution that is a little off") {
  CHECK(ks_distance(draws(parsed(R"({"histogram": {"7": 3, "100": 1}})")), {{7, 0.72}, {100, 0.28}}) >
        ks_limit(kDraws));
  CHECK(ks_distance(draws(parsed(R"({"uniform": [3, 5]})")), {{3, 1}, {4, 1}, {5, 1.15}}) > ks_limit(kDraws));
}

TEST_CASE("normal samples are normal, positive ones are never 0") {
  Rng rng(2);
  std::vector<double> normal(kDraws);
  for (double& x : normal) x = sample_normal(rng);
  CHECK(ks_distance(normal, normal_cdf) < ks_limit(kDraws));
  for (int i = 0; i < 1000; ++i) {
    const double x = sample_positive(rng);
    CHECK(x > 0);
    CHECK(x <= 1);
  }
}

TEST_CASE("what is written is read again") {
  for (const std::string text :
       {"17", R"({"uniform":[3,5]})", R"({"geometric":{"mean":4.5}})",
        R"({"lognormal":{"median":60.0,"sigma":0.8,"max":400}})", R"({"histogram":{"2":0.5,"7":3.0}})"}) {
    CHECK(draws(Distribution::parse(parsed(text).to_json(), "")) == draws(parsed(text)));
  }
  CHECK(parsed(R"({"histogram":{"2":0.5,"7":3.0}})").to_json().dump() ==
        R"({"histogram":{"2":0.5,"7":3.0}})");
}

TEST_CASE("mistakes are named with their path") {
  CHECK(contains(error_for("-1"), "f.json: x"));
  CHECK(contains(error_for("1.5"), "whole"));
  CHECK(contains(error_for("\"a\""), "neither a number nor a distribution"));
  CHECK(contains(error_for(R"({"unifrm": [1, 2]})"), "did you mean 'uniform'"));
  CHECK(contains(error_for(R"({"uniform": [5, 3]})"), "f.json: x.uniform"));
  CHECK(contains(error_for(R"({"uniform": 5})"), "smallest, largest"));
  CHECK(contains(error_for(R"({"geometric": {"mean": 0.5}})"), "x.geometric.mean"));
  CHECK(contains(error_for(R"({"lognormal": {"median": 5, "sigma": 1}})"), "max: is missing"));
  CHECK(contains(error_for(R"({"histogram": {}})"), "1 to 1000000 values"));
  CHECK(contains(error_for(R"({"histogram": {"a": 1}})"), "not a whole number"));
  CHECK(contains(error_for(R"({"histogram": {"1": -1}})"), "weight of '1'"));
  CHECK(contains(error_for(R"({"histogram": {"1": 0}})"), "all weights are 0"));
  CHECK(contains(error_for("{}"), "not one of uniform"));
  CHECK(!error_for(R"({"uniform": [1, 2], "geometric": {"mean": 2}})").empty());
}

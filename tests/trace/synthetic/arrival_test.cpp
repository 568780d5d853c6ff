// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/arrival.h"

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

std::vector<double> gaps_of(const Gaps& gaps) {
  Rng rng(7);
  std::vector<double> result(kDraws);
  for (double& gap : result) gap = sample_gap(gaps, rng);
  return result;
}

Arrival parsed(const std::string& text) {
  return parse_arrival(ordered_json::parse(text), "f.json: arrival");
}

std::string error_for(const std::string& text) {
  return error_of([&] { static_cast<void>(parsed(text)); });
}

}  // namespace

TEST_CASE("gaps follow their families") {
  CHECK(ks_distance(gaps_of({.scale_s = 2}), [](double x) { return gamma_cdf(1, x / 2); }) <
        ks_limit(kDraws));
  for (const double shape : {0.05, 0.36, 1.0, 3.08, 40.0}) {
    const Gaps gamma{.family = GapFamily::kGamma, .shape = shape, .scale_s = 0.36};
    CHECK_MESSAGE(
        ks_distance(gaps_of(gamma), [&](double x) { return gamma_cdf(shape, x / 0.36); }) < ks_limit(kDraws),
        shape);
    const Gaps weibull{.family = GapFamily::kWeibull, .shape = shape, .scale_s = 1.17};
    CHECK_MESSAGE(ks_distance(gaps_of(weibull), [&](double x) { return weibull_cdf(shape, x / 1.17); }) <
                      ks_limit(kDraws),
                  shape);
  }
}

TEST_CASE("the comparison notices a shape that is a little off") {
  const Gaps gamma{.family = GapFamily::kGamma, .shape = 1.0, .scale_s = 1};
  CHECK(ks_distance(gaps_of(gamma), [](double x) { return gamma_cdf(1.1, x); }) > ks_limit(kDraws));
  const Gaps weibull{.family = GapFamily::kWeibull, .shape = 1.0, .scale_s = 1};
  CHECK(ks_distance(gaps_of(weibull), [](double x) { return weibull_cdf(1.1, x); }) > ks_limit(kDraws));
}

TEST_CASE("means are those of the families") {
  CHECK(mean_gap({.scale_s = 2}) == 2);
  CHECK(mean_gap({.family = GapFamily::kGamma, .shape = 3, .scale_s = 2}) == 6);
  for (const double shape : {0.3, 0.8, 1.0, 1.33, 5.0}) {
    const Gaps gaps{.family = GapFamily::kWeibull, .shape = shape, .scale_s = 2};
    CHECK(mean_gap(gaps) == doctest::Approx(2 * std::tgamma(1 + 1 / shape)).epsilon(1e-9));
  }
}

TEST_CASE("windows give their number of requests, in order, with the gaps of their family") {
  const Arrival arrival = parsed(R"({"windows": [
    {"start_s": 0, "end_s": 600, "requests": 500, "process": "gamma", "shape": 2, "scale_s": 0.4},
    {"start_s": 1200, "end_s": 1800, "requests": 300, "process": "weibull", "shape": 0.9, "scale_s": 5},
    {"start_s": 1800, "end_s": 2400, "requests": 1, "process": "poisson", "rate_per_s": 1}]})");
  ArrivalClock clock(arrival, Rng(3));
  std::vector<double> times;
  while (const auto at = clock.next()) times.push_back(*at);
  REQUIRE(times.size() == 801);
  CHECK(std::is_sorted(times.begin(), times.end()));
  CHECK(times[499] < 600);
  CHECK(times[500] >= 1200);
  CHECK(times[799] < 1800);
  CHECK(times[800] >= 1800);
  std::vector<double> first;
  for (std::size_t i = 1; i < 500; ++i) first.push_back(times[i] - times[i - 1]);
  CHECK(ks_distance(first, [](double x) { return gamma_cdf(2, x / 0.4); }) < ks_limit(499));
  // 300 gaps with a mean over 5 s do not fit in 600 s: scaled down, they fill the window.
  CHECK(times[799] - times[500] > 400);
}

TEST_CASE("rate and CV make a gamma process") {
  const Arrival arrival = parsed(R"({"process": "gamma", "rate_per_s": 4, "cv": 2})");
  REQUIRE(arrival.endless);
  CHECK(arrival.endless->shape == doctest::Approx(0.25));
  CHECK(mean_gap(*arrival.endless) == doctest::Approx(0.25));
  ArrivalClock clock(arrival, Rng(3));
  double last = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto at = clock.next();
    REQUIRE(at);
    CHECK(*at >= last);
    last = *at;
  }
}

TEST_CASE("what is written is read again") {
  for (
      const std::string text :
      {R"({"process": "poisson", "rate_per_s": 0.5})",
       R"({"process": "gamma", "shape": 0.4, "scale_s": 2.5})",
       R"({"process": "weibull", "shape": 0.8, "scale_s": 1.2})",
       R"({"windows": [{"start_s": 1, "end_s": 2, "requests": 3, "process": "gamma", "shape": 1.5, "scale_s": 0.1}]})"}) {
    CHECK(parse_arrival(to_json(parsed(text)), "") == parsed(text));
  }
}

TEST_CASE("mistakes are named with their path") {
  CHECK(contains(error_for(R"({"process": "poison", "rate_per_s": 1})"), "did you mean 'poisson'"));
  CHECK(contains(error_for(R"({"process": "poisson", "rate_per_s": 0})"), "arrival.rate_per_s"));
  CHECK(contains(error_for(R"({"process": "poisson"})"), "rate_per_s: is missing"));
  CHECK(contains(error_for(R"({"process": "gamma", "shape": 1, "scale_s": 1, "rate": 1})"),
                 "unknown key 'rate'"));
  CHECK(contains(error_for(R"({"windows": []})"), "1 to 1000000 windows"));
  const std::string good =
      R"({"start_s": 0, "end_s": 5, "requests": 1, "process": "poisson", "rate_per_s": 1})";
  CHECK(contains(error_for("{\"windows\": [" + good + "," + good + "]}"), "windows[1].start_s"));
  CHECK(contains(
      error_for(
          R"({"windows": [{"start_s": 5, "end_s": 5, "requests": 1, "process": "poisson", "rate_per_s": 1}]})"),
      "not after start_s"));
}

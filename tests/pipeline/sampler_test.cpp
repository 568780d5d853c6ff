// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sampler.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::pipeline;

TEST_CASE("greedy takes the likeliest, ties to the smaller id") {
  Sampler sampler({});
  CHECK(sampler.pick(std::vector<float>{0.0F, 3.0F, 3.0F, 1.0F}) == 1);
  CHECK(sampler.pick(std::vector<float>{-5.0F}) == 0);
  Sampler of_one({.temperature = 2, .top_k = 1});
  CHECK(of_one.pick(std::vector<float>{0.0F, 1.0F}) == 1);
}

TEST_CASE("draws follow the probabilities that the temperature gives") {
  const std::vector<float> logits{0.0F, std::log(2.0F), std::log(5.0F), -HUGE_VALF};
  for (const double temperature : {1.0, 2.0}) {
    Sampler sampler({.temperature = temperature, .seed = 3});
    std::vector<int> counts(4);
    constexpr int kDraws = 20000;
    for (int i = 0; i < kDraws; ++i) ++counts[static_cast<std::size_t>(sampler.pick(logits))];
    double mass = 0;
    for (const float logit : logits) mass += std::exp(logit / temperature);
    for (std::size_t i = 0; i < 4; ++i) {
      const double expected = kDraws * std::exp(logits[i] / temperature) / mass;
      CHECK(counts[i] == doctest::Approx(expected).epsilon(0.06));
    }
  }
}

TEST_CASE("top_k and top_p leave out the unlikely") {
  const std::vector<float> logits{0.0F, 1.0F, 2.0F, 1.0F};
  Sampler of_two({.temperature = 5, .top_k = 2});
  Sampler of_half({.temperature = 1, .top_p = 0.5});
  for (int i = 0; i < 300; ++i) {
    const std::int64_t id = of_two.pick(logits);
    CHECK((id == 2 || id == 1));
    CHECK(of_half.pick(logits) == 2);
  }
}

TEST_CASE("the same seed draws the same tokens, another one others") {
  const std::vector<float> logits(64, 0.0F);
  const auto draw = [&](std::uint64_t seed) {
    Sampler sampler({.temperature = 1, .seed = seed});
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(sampler.pick(logits));
    return ids;
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
}

TEST_CASE("logits that are none are refused") {
  Sampler greedy({});
  Sampler warm({.temperature = 1});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (Sampler* sampler : {&greedy, &warm}) {
    CHECK_THROWS_AS((void)sampler->pick({}), Error);
    CHECK_THROWS_AS((void)sampler->pick(std::vector<float>{0.0F, nan}), Error);
    CHECK_THROWS_AS((void)sampler->pick(std::vector<float>{nan, 0.0F}), Error);
    CHECK_THROWS_AS((void)sampler->pick(std::vector<float>{0.0F, infinity}), Error);
    CHECK_THROWS_AS((void)sampler->pick(std::vector<float>{-infinity, -infinity}), Error);
  }
}

TEST_CASE("a temperature close to nothing is greedy and does not overflow") {
  Sampler sampler({.temperature = 1e-300});
  CHECK(sampler.pick(std::vector<float>{1.0F, 2.0F, 1.5F}) == 1);
  Sampler cold({.temperature = 1e-5});
  CHECK(cold.pick(std::vector<float>{1.0F, 2.0F, 1.5F}) == 1);
}

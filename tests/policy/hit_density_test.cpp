// SPDX-License-Identifier: Apache-2.0
#include "policy/hit_density.h"

#include <doctest.h>

#include <vector>

using namespace cachebench::policy;

namespace {

void advance_periods(HitDensity& model, int periods, std::size_t residents) {
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(periods) * HitDensity::kPeriod; ++i) {
    model.advance(residents);
  }
}

}  // namespace

TEST_CASE("classes halve with every doubling of the ages at hits") {
  CHECK(HitDensity::class_of(HitDensity::kAges) == 0);
  CHECK(HitDensity::class_of(HitDensity::kAges - 1) == 1);
  CHECK(HitDensity::class_of(HitDensity::kAges / 4) == 2);
  CHECK(HitDensity::class_of(1) == HitDensity::kClasses - 1);
  CHECK(HitDensity::class_of(0) == HitDensity::kClasses - 1);
  for (std::uint32_t sum = 1; sum < 2 * HitDensity::kAges; ++sum) {
    REQUIRE(HitDensity::class_of(sum) <= HitDensity::class_of(sum - 1));
  }
}

TEST_CASE("before anything is known the younger and the earlier hit are worth more") {
  const HitDensity model;
  CHECK(model.density(3, 0) > model.density(3, 1));
  CHECK(model.density(4, 10) > model.density(3, 10));
  CHECK(model.age(0) == 0);
  CHECK(model.age(1024) == 1);
  CHECK(model.age(UINT64_MAX) == HitDensity::kOldest);
}

TEST_CASE("densities are hits to come over time to stay, summed the slow way") {
  HitDensity model;
  std::vector<double> hits(HitDensity::kAges);
  std::vector<double> evictions(HitDensity::kAges);
  for (std::uint32_t age = 0; age < 40; ++age) {
    for (std::uint32_t i = 0; i < 40 - age; ++i) {
      model.count_hit(2, age);
      ++hits[age];
    }
    for (std::uint32_t i = 0; i < age / 2; ++i) {
      model.count_eviction(2, age);
      ++evictions[age];
    }
  }
  advance_periods(model, 1, 100);
  CHECK(model.updates() == 1);
  for (const std::uint32_t age : {0U, 1U, 7U, 20U, 39U}) {
    double all_hits = 0;
    double lifetime = 0;
    for (std::uint32_t later = age; later < 40; ++later) {
      all_hits += hits[later];
      lifetime += (later - age + 1) * (hits[later] + evictions[later]);
    }
    CHECK(model.density(2, age) == doctest::Approx(all_hits / lifetime).epsilon(1e-5));
  }
  CHECK(model.density(2, 40) == 0.0F);  // nobody ever got there
  CHECK(model.density(3, 0) == 0.0F);   // nor into that class
}

TEST_CASE("the shift of ages follows the number of residents, counts moving with it") {
  HitDensity few;
  few.count_hit(1, 3);
  advance_periods(few, 6, 10);
  CHECK(few.age(4) == 2);  // the least shift, 1: ages became 512 times shorter
  CHECK(few.density(1, 3 << 9) > 0.0F);
  CHECK(few.density(1, 4 << 9) == 0.0F);

  HitDensity many;
  many.count_hit(1, 4096);
  many.count_hit(1, 5000);
  advance_periods(many, 6, 1'000'000);
  CHECK(many.age(8192) == 1);  // 1,000,000 / 200, rounded up to a power of two
  CHECK(many.density(1, 4096 >> 3) > 0.0F);
  CHECK(many.density(1, 5000 >> 3) > 0.0F);
  CHECK(many.density(1, (5000 >> 3) + 1) == 0.0F);
}

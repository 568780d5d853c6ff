// SPDX-License-Identifier: Apache-2.0
#include "bench/run/hit_extras.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace cachebench;
using namespace cachebench::bench;

namespace {

hardware::Profile profile_with(const hardware::PolicyExtras& extras, const hardware::TimeRatios& skews = {}) {
  hardware::Profile profile;
  profile.lookup = Nanoseconds{400};
  profile.h2d.latency = Nanoseconds{10'000};
  profile.ssd_read.latency = Nanoseconds{100'000};
  profile.policy_extras = extras;
  profile.time_skews = skews;
  return profile;
}

HitExtras extras_of(const hardware::Profile& profile, const std::vector<std::string>& variants = {}) {
  return {profile, profile, variants};
}

HitExtra both(std::int64_t ns) {
  return {.median = Nanoseconds{ns}, .mean = Nanoseconds{ns}};
}

constexpr HitTraits kUsualHit{};
constexpr HitTraits kHostHit{.rests_in = hardware::Medium::kHost};
constexpr HitTraits kRead{.rests_in = hardware::Medium::kSsd};
constexpr HitTraits kFirstReadHit{.rests_in = hardware::Medium::kSsd, .is_first_read = true};
constexpr HitTraits kFirstHit{.lookup = {.is_first = true}};

}  // namespace

TEST_CASE("a usual look-up, and a read that is not the first, take nothing more than decisions know") {
  const HitExtras extras = extras_of(profile_with({{"lookup.first", Nanoseconds{7}},
                                                   {"lookup.usual", Nanoseconds{9}},
                                                   {"ssd_read.first", Nanoseconds{8}}}));
  CHECK(extras.of(kUsualHit) == both(0));
  CHECK(extras.of(kHostHit) == both(0));
  CHECK(extras.of(kRead) == both(0));
  CHECK(extras.of(kFirstReadHit) == both(8));
}

TEST_CASE("a look-up takes what each of its classes adds") {
  const HitExtras extras = extras_of(profile_with({{"lookup.first", Nanoseconds{700}},
                                                   {"lookup.similar", Nanoseconds{3'000}},
                                                   {"lookup.promoting", Nanoseconds{50}},
                                                   {"lookup.repeated", Nanoseconds{-100}}}));
  CHECK(extras.of({.lookup = {.is_first = true, .is_similar = true}}) == both(3'700));
  CHECK(extras.of({.lookup = {.is_promoting = true}}) == both(50));
  CHECK(extras.of({.lookup = {.is_repeated = true}}) == both(-100));
  CHECK(extras.of({.lookup = {.is_repeated = true, .is_promoting = true}}) == both(50));
}

TEST_CASE("the policies of a run add their own to each class") {
  const auto profile = profile_with({{"lookup.first", Nanoseconds{700}},
                                     {"lookup.first.multimodal", Nanoseconds{30}},
                                     {"lookup.first.migration.none", Nanoseconds{-10}},
                                     {"lookup.multimodal", Nanoseconds{1}}});
  CHECK(extras_of(profile, {"migration.none", "multimodal"}).of(kFirstHit) == both(720));
  CHECK(extras_of(profile).of(kFirstHit) == both(700));
}

TEST_CASE("what decisions do not know is expected of every look-up and of every read") {
  const hardware::Profile decided =
      profile_with({{"lookup.first", Nanoseconds{700}}, {"ssd_read.first", Nanoseconds{60}}});
  hardware::Profile expected = decided;
  expected.lookup += Nanoseconds{40};
  expected.ssd_read.latency -= Nanoseconds{500};
  const HitExtras extras(decided, expected, {});
  CHECK(extras.of(kUsualHit) == both(40));
  CHECK(extras.of(kFirstHit) == both(740));
  CHECK(extras.of(kRead) == both(40 - 500));
  CHECK(extras.of(kFirstReadHit) == both(40 - 440));
}

TEST_CASE("a hit's mean lies above its median by the skews of what it passes, those of its variants first") {
  const auto profile = profile_with(
      {},
      {{"lookup", 1.5}, {"h2d", 0.9}, {"ssd_read", 1.2}, {"ssd_read.multimodal", 2}, {"lookup.other", 9}});
  const auto means = [&](const std::vector<std::string>& variants) {
    const HitExtras extras = extras_of(profile, variants);
    std::vector<std::int64_t> beyond;
    for (const HitTraits& traits : {kUsualHit, kHostHit, kRead}) {
      CHECK(extras.of(traits).median == Nanoseconds{0});
      beyond.push_back(extras.of(traits).mean.count());
    }
    return beyond;
  };
  CHECK(means({"eviction.lru"}) == std::vector<std::int64_t>{200, -800, 20'200});
  CHECK(means({"eviction.lru", "multimodal"}) == std::vector<std::int64_t>{200, -800, 100'200});
}

TEST_CASE("a class has a skew of its own, or lies as far from its median as the usual ones") {
  const auto profile =
      profile_with({{"lookup.first", Nanoseconds{1'600}},
                    {"lookup.early", Nanoseconds{100}},
                    {"ssd_read.first", Nanoseconds{20'000}}},
                   {{"lookup", 1.5}, {"lookup.first", 1.1}, {"ssd_read", 1.2}, {"ssd_read.first", 1.25}});
  const HitExtras extras = extras_of(profile);
  // 2,000 in the median, 2,200 in the mean: of both, 400 are known.
  CHECK(extras.of(kFirstHit) == HitExtra{.median = Nanoseconds{1'600}, .mean = Nanoseconds{1'800}});
  CHECK(extras.of({.lookup = {.is_early = true}}) ==
        HitExtra{.median = Nanoseconds{100}, .mean = Nanoseconds{300}});
  // 120,000 in the median, 150,000 in the mean, beside a usual look-up's 200.
  CHECK(extras.of(kFirstReadHit) == HitExtra{.median = Nanoseconds{20'000}, .mean = Nanoseconds{50'200}});
}

TEST_CASE("times of a class are spread about its median as the profile says, a quarter below each quartile") {
  hardware::Profile profile = profile_with({{"lookup.first", Nanoseconds{3'600}}});
  profile.time_spreads = {{"lookup", 1.25}, {"lookup.first", 1.1}};
  const HitExtras extras = extras_of(profile);
  const auto times = [&](const LookupTraits& traits, std::int64_t median) {
    std::vector<std::int64_t> all;
    for (std::size_t i = 0; i < kSpreadPoints; ++i)
      all.push_back(median + extras.beyond_median(traits, i).count());
    CHECK(std::is_sorted(all.begin(), all.end()));
    return all;
  };
  const auto usual = times({}, 400);
  CHECK(usual[1] < 400 / 1.25);
  CHECK(usual[2] > 400 / 1.25);
  CHECK(usual[3] < 400);
  CHECK(usual[4] > 400);
  CHECK(usual[5] < 400 * 1.25);
  CHECK(usual[6] > 400 * 1.25);
  const auto first = times({.is_first = true}, 4'000);
  CHECK(first[5] < 4'000 * 1.1);
  CHECK(first[6] > 4'000 * 1.1);
  // Of a class that nothing is known of, as the usual ones.
  CHECK(times({.is_early = true}, 400) == usual);
  CHECK(extras_of(profile_with({})).beyond_median({}, 0) == Nanoseconds{0});
}

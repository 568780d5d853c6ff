// SPDX-License-Identifier: Apache-2.0
#include "bench/run/expected_service.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace cachebench;
using namespace cachebench::bench;

namespace {

hardware::Profile profile() {
  hardware::Profile profile;
  profile.lookup = Nanoseconds{400};
  profile.h2d.latency = Nanoseconds{10'000};
  profile.ssd_read.latency = Nanoseconds{100'000};
  return profile;
}

constexpr std::array kMedia{hardware::Medium::kDevice, hardware::Medium::kHost, hardware::Medium::kSsd};

}  // namespace

TEST_CASE("a hit's mean lies above its median by the skews of what it passes, those of its variants first") {
  hardware::Profile figures = profile();
  figures.time_skews = {
      {"lookup", 1.5}, {"h2d", 1.1}, {"ssd_read", 1.2}, {"ssd_read.multimodal", 2}, {"lookup.other", 9}};
  const auto beyond = [&](std::vector<std::string> variants) {
    std::array<std::int64_t, kMedia.size()> times{};
    const ExpectedService expected{.profile = figures, .variants = variants};
    for (std::size_t i = 0; i < kMedia.size(); ++i)
      times[i] = mean_beyond_median(expected, kMedia[i]).count();
    return times;
  };
  CHECK(beyond({"eviction.lru"}) == std::array<std::int64_t, 3>{200, 1'200, 20'200});
  CHECK(beyond({"eviction.lru", "multimodal"}) == std::array<std::int64_t, 3>{200, 1'200, 100'200});
}

TEST_CASE("sums are expected to be those of means, medians stay, and without skews nothing changes") {
  hardware::Profile figures = profile();
  result::RunResult result;
  result.tiers.resize(2);
  result.tiers[0].name = "L1";
  result.tiers[1].name = "L2";
  result.tier_checks = {
      {.tier = "L2", .count = 10, .predicted_ns = 5'000, .measured_ns = 1, .predicted_p50_ns = 500}};
  result.model_check = {{.tier = "L1", .kind = "kv_block", .count = 3, .predicted_ns = 70, .measured_ns = 1}};
  const result::RunResult before = result;
  expect_means({.profile = figures, .variants = {}}, kMedia, result);
  CHECK(result.tier_checks == before.tier_checks);
  CHECK(result.model_check[0].predicted_ns == 70);
  figures.time_skews = {{"lookup", 1.5}, {"h2d", 0.9}};
  expect_means({.profile = figures, .variants = {}}, kMedia, result);
  CHECK(result.tier_checks[0].predicted_ns == 5'000 + 10 * (200 - 1'000));
  CHECK(result.tier_checks[0].predicted_p50_ns == 500);
  CHECK(result.model_check[0].predicted_ns == 270);
}

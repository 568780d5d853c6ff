// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "result/sweep_analysis.h"
#include "result/sweep_result.h"

/// A made-up sweep with something in every key: policies by tier sizes by seeds, with bounds, kinds, curves
/// and a recommendation; and a short one of one tier. Values only; the same on every call.
namespace cachebench::test {

struct SamplePolicy {
  const char* name;
  double skill;  ///< share of the bound that it saves
};

inline constexpr std::array<SamplePolicy, 9> kSamplePolicies{{{"lru", 0.71},
                                                              {"lfu", 0.64},
                                                              {"fifo", 0.6},
                                                              {"s3fifo:small_ratio=0.1", 0.78},
                                                              {"sieve", 0.76},
                                                              {"wtinylfu", 0.79},
                                                              {"arc", 0.74},
                                                              {"gdsf", 0.83},
                                                              {"adaptive", 0.84}}};

inline result::SweepPoint sample_point(const SamplePolicy& policy, std::size_t size, std::uint64_t seed) {
  const std::uint64_t capacity = 96'000'000ULL << (2 * size);
  const double reach = 0.55 + 0.14 * static_cast<double>(size);
  const double luck = static_cast<double>((seed * 7919 + size * 31 + size * size) % 100) / 9000.0;
  const double share = std::min(0.97, policy.skill + luck) * reach;
  result::SweepPoint point{.policy = policy.name, .capacity = capacity};
  const auto hits = static_cast<std::uint64_t>(60'000.0 * share);
  point.totals = {.requests = 800,
                  .accesses = 65'000,
                  .hits = hits,
                  .covered = 5'000,
                  .misses = 60'000 - hits,
                  .bytes_requested = 3'800'000'000,
                  .bytes_hit = hits * 50'000,
                  .bytes_missed = (60'000 - hits) * 50'000,
                  .evictions = 31'000 / (size + 1),
                  .saved_ns = static_cast<std::int64_t>(2.0e10 * share),
                  .service_ns = static_cast<std::int64_t>(2.2e10 * (1 - share)),
                  .elapsed_ns = 41'000'000};
  point.peak_entries = 4'000;
  point.seconds = 0.043;
  point.seed = seed;
  point.l1_bytes = capacity / 7;
  const std::string label = fmt::format("{}%", std::array{1, 5, 20}[size]);
  point.name = fmt::format("{} / {} / {}", policy.name, label, seed);
  point.axes = {{"cache.tiers[*].eviction.policy", policy.name},
                {"cache.tiers.0.capacity", label},
                {"seed", std::to_string(seed)}};
  point.kinds = {
      {"kv_block", {46'000, hits / 2, 0, 46'000 - hits / 2, 900'000'000, point.totals.saved_ns / 2}},
      {"image",
       {38'000, hits / 2, 5'000, 33'000 - hits / 2, 2'900'000'000,
        point.totals.saved_ns - point.totals.saved_ns / 2}}};
  point.bounds = result::Bounds{.method = "tiered",
                                .compulsory_misses = 15'000,
                                .infinite_saved_ns = 20'000'000'000,
                                .saved_ns = static_cast<std::int64_t>(2.0e10 * reach)};
  point.decision_log_hash = "5f1c0e7a92b84d3366aa1be09d7c4f21";
  return point;
}

inline result::SweepResult sample_sweep() {
  result::SweepResult sweep;
  sweep.name = "policies-by-size";
  sweep.manifest =
      R"({"command_line":["cachebench","sweep","--config","configs/sweep/policies.json"],"version":"0.1.0"})";
  sweep.trace = {.name = "chat-with-images",
                 .sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                 .requests = 800,
                 .accesses = 65'000,
                 .distinct = 15'700,
                 .bytes_requested = 3'800'000'000};
  sweep.metric = result::SweepMetric::kSavedTime;
  sweep.axes = {{"cache.tiers[*].eviction.policy", {}},
                {"cache.tiers.0.capacity", {"1%", "5%", "20%"}},
                {"seed", {"1", "2", "3"}}};
  for (const SamplePolicy& policy : kSamplePolicies) {
    sweep.axes[0].values.emplace_back(policy.name);
    for (std::size_t size = 0; size < 3; ++size) {
      for (std::uint64_t seed = 1; seed <= 3; ++seed)
        sweep.points.push_back(sample_point(policy, size, seed));
    }
  }
  result::MissRatioCurve curve{
      .policy = "lru", .sampling_rate = 0.1, .error_basis = "over 8 parts", .points = {}};
  for (std::uint64_t i = 1; i <= 60; ++i) {
    const double ratio = 0.2 + 0.8 / (1.0 + static_cast<double>(i) / 6.0);
    curve.points.push_back(
        {.capacity = i * i * 1'000'000, .miss_ratio = ratio, .byte_miss_ratio = ratio, .error = 0.02});
  }
  sweep.curves = {curve};
  sweep.notes = {"profile i5-10210u-mx250-nvme"};
  sweep.recommendation = result::recommend(sweep);
  return sweep;
}

/// As the short form makes it: policies by capacities in entries, a bound among them.
inline result::SweepResult sample_short_sweep() {
  result::SweepResult sweep;
  sweep.name = "zipf";
  sweep.trace = {
      .name = "zipf.bin", .sha256 = "00", .requests = 60'000, .accesses = 60'000, .distinct = 10'000};
  sweep.unit_size = true;
  sweep.axes = {{"policy", {}}, {"capacity", {"10", "100", "1000", "5000"}}};
  constexpr SamplePolicy kBelady{"belady", 0.95};
  const auto add = [&](const SamplePolicy& policy, bool bound) {
    sweep.axes[0].values.emplace_back(policy.name);
    for (std::size_t i = 0; i < 4; ++i) {
      result::SweepPoint point{.policy = policy.name,
                               .capacity = std::array<std::uint64_t, 4>{10, 100, 1000, 5000}[i]};
      const auto hits =
          static_cast<std::uint64_t>(60'000.0 * policy.skill * (0.3 + 0.22 * static_cast<double>(i)));
      point.totals = {.requests = 60'000,
                      .accesses = 60'000,
                      .hits = hits,
                      .misses = 60'000 - hits,
                      .bytes_requested = 60'000,
                      .bytes_hit = hits,
                      .bytes_missed = 60'000 - hits};
      point.l1_bytes = point.capacity;
      point.bound = bound;
      point.seconds = 0.01;
      point.axes = {{"policy", policy.name}, {"capacity", std::to_string(point.capacity)}};
      sweep.points.push_back(point);
    }
  };
  for (const SamplePolicy& policy : kSamplePolicies) add(policy, false);
  add(kBelady, true);
  sweep.recommendation = result::recommend(sweep);
  return sweep;
}

}  // namespace cachebench::test

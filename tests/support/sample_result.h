// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "core/histogram.h"
#include "core/rng.h"
#include "result/run_result.h"

/// A made-up result with something in every key, whose identities hold: for tests of result and report.
/// Values only; the same on every call.
namespace cachebench::test {

inline result::LatencySummary sample_latency(double centre_ns, double spread, std::uint64_t count,
                                             result::Basis basis) {
  Histogram histogram;
  Rng rng(static_cast<std::uint64_t>(centre_ns));
  for (std::uint64_t i = 0; i < count; ++i) {
    const double sum = rng.uniform() + rng.uniform() + rng.uniform() + rng.uniform();
    histogram.record(static_cast<std::int64_t>(centre_ns * std::exp(spread * (sum - 2.0))));
  }
  return result::summarise(histogram, basis);
}

inline void add_series(result::RunResult& result) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    const std::uint64_t hits = 40 + i * 6 - (i * i) / 14 + (i * 7919) % 31;
    const double fill = 1.0 - std::exp(-static_cast<double>(i + 1) / 12.0);
    result.series.push_back(
        {.t_ns = static_cast<std::int64_t>(i + 1) * 2'000'000'000,
         .requests = 50,
         .accesses = hits + 260,
         .hits = hits,
         .covered = 60 + (i * 31) % 23,
         .misses = 200 - (i * 31) % 23,
         .evictions = i < 8 ? 0 : 20 + (i * 17) % 13,
         .service_ns = 41'000'000,
         .used_bytes = {static_cast<std::uint64_t>(std::min(1.0, fill * 1.9) * 67'108'864.0),
                        static_cast<std::uint64_t>(std::min(1.0, fill * 1.2) * 536'870'912.0),
                        static_cast<std::uint64_t>(fill * 0.7 * 4'294'967'296.0)},
         .warmup = i < 6});
  }
}

inline void add_multimodal(result::RunResult& result) {
  result.multimodal = result::Multimodal{
      .eviction_policy = "predictive",
      .capacity_bytes = 805'306'368,
      .limit_bytes = 1'073'741'824,
      .resizes = 2,
      .resident_entries = 640,
      .comparable_entries = 410,
      .index_bytes = 26'624,
      .eviction = {.evicted = 900, .asked_again = 120, .let_go = 760, .window_accesses = 1'000},
      .similarity = {.enabled = true, .threshold = 0.9},
      .kinds = {{"image", {.accesses = 900, .exact_hits = 400, .covered = 300, .misses = 200, .expired = 12}},
                {"vision_encoder_output",
                 {.accesses = 900,
                  .exact_hits = 500,
                  .covered = 100,
                  .misses = 300,
                  .saved_ns = 41'000'000'000,
                  .compressed = 90,
                  .plain_bytes = 94'371'840,
                  .compressed_bytes = 47'185'920}}}};
}

inline void add_visual(result::RunResult& result) {
  result.visual = result::Visual{.eviction_policy = "lfu",
                                 .max_entries = 100,
                                 .max_vram_bytes = 4'294'967'296,
                                 .minimum_stable_blocks = 4,
                                 .hits = 2'100,
                                 .misses = 900,
                                 .vram_saved_bytes = 8'808'038'400,
                                 .entries = 100,
                                 .dp_mode_recommendations = 1'450,
                                 .dp_mode_refusals = 150,
                                 .used_bytes = 419'430'400,
                                 .peak_bytes = 427'819'008,
                                 .stored = 900,
                                 .evictions = 800,
                                 .refusals = 3,
                                 .most_users = 6,
                                 .encoder_saved_ns = 91'000'000'000,
                                 .dp_mode_rules = {{"several_images", 1'100},
                                                   {"large_images", 350},
                                                   {"many_small_images", 20},
                                                   {"nothing_speaks_for", 130}},
                                 .modalities = {{"image", {2'000, 850}}, {"video", {100, 50}}}};
}

inline std::vector<result::TierCheck> sample_tier_checks() {
  return {{.tier = "L1",
           .count = 1300,
           .predicted_ns = 114'400'000,
           .measured_ns = 118'690'000,
           .predicted_p50_ns = 88'000,
           .measured_p50_ns = 90'100},
          {.tier = "L3", .count = 40, .predicted_ns = 4'000'000, .left_out = "the link is too fast"}};
}

inline void add_content_caches(result::RunResult& result) {
  result.tier_checks = sample_tier_checks();
  add_multimodal(result);
  add_visual(result);
}

inline result::RunResult sample_result() {
  using result::Basis;
  result::RunResult result;
  result.name = "quickstart";
  result.mode = "real";
  result.manifest =
      R"({"command_line":["cachebench","run","--config","configs/run/quickstart.json","--mode","real"],"seed":1,)"
      R"("tool":{"version":"0.1.0","git_revision":"80ee987","compiler":"GCC 12.2.0","build_type":"Release"},)"
      R"("machine":{"cpu":{"model":"Intel(R) Core(TM) i5-10210U CPU @ 1.60GHz","cores":4,"threads":8},)"
      R"("memory_bytes":16542814208,"kernel":"6.1.0"}})";
  result.config =
      R"({"name":"quickstart","mode":"real","seed":1,"profile":"i5-10210u-mx250-nvme","model":{"geometry":"tiny"},)"
      R"("load":{"kind":"closed","in_flight":1},"cache":{"tiers":[{"name":"L1","device":"emulated",)"
      R"("capacity":67108864,"eviction":{"policy":"lru"}},{"name":"L2","device":"host","capacity":536870912},)"
      R"({"name":"L3","device":"ssd","capacity":4294967296}],"migration":{"policy":"demote-on-evict"}},"verify":true})";
  result.trace = {.name = "chat-with-images",
                  .sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                  .requests = 3000,
                  .accesses = 41'120,
                  .distinct = 14'400,
                  .bytes_requested = 88'470'000'000,
                  .bytes_distinct = 9'120'000'000,
                  .format = "native",
                  .lowering = "graph"};
  result.totals = {.requests = 2700,
                   .accesses = 37'000,
                   .hits = 15'200,
                   .covered = 7'400,
                   .misses = 14'400,
                   .similar_hits = 0,
                   .joined_hits = 12,
                   .bytes_requested = 80'000'000'000,
                   .bytes_hit = 36'000'000'000,
                   .bytes_missed = 30'000'000'000,
                   .evictions = 9'120,
                   .promotions = 4'410,
                   .demotions = 8'240,
                   .saved_ns = 412'300'000'000,
                   .service_ns = 233'100'000'000,
                   .verified_bytes = 36'000'000'000,
                   .wrong_bytes = 0,
                   .elapsed_ns = 21'400'000'000};
  result.tiers = {{"L1", "emulated", 67'108'864, 67'100'000, 29'600, 8'100, 21'500, 6'100, 4'410, 0,
                   9'800'000'000, 12'400'000'000, "lru", "always"},
                  {"L2", "host", 536'870'912, 536'000'000, 21'500, 5'200, 16'300, 2'840, 0, 5'400,
                   14'000'000'000, 15'200'000'000, "lru", "always"},
                  {"L3", "ssd", 4'294'967'296, 3'006'000'000, 16'300, 1'900, 14'400, 180, 0, 2'840,
                   6'100'000'000, 8'200'000'000, "fifo", "always"}};
  result.kinds = {{"text", {5'000, 1'900, 1'500, 1'600, 41'000'000, 9'100'000}},
                  {"image", {4'000, 300, 2'900, 800, 21'000'000'000, 4'200'000'000}},
                  {"vision_encoder_output", {4'000, 2'100, 700, 1'200, 17'000'000'000, 148'000'000'000}},
                  {"text_image_pair", {2'600, 400, 900, 1'300, 6'100'000'000, 31'000'000}},
                  {"fusion_output", {2'600, 500, 800, 1'300, 4'200'000'000, 12'000'000'000}},
                  {"kv_block", {9'800, 5'600, 300, 3'900, 14'659'000'000, 96'000'000'000}},
                  {"cross_modal_attention", {9'000, 4'400, 300, 4'300, 17'000'000'000, 152'059'900'000}}};
  result.misses_by_cause = {.cold = 8'900, .capacity = 4'120, .broken_prefix = 1'310, .too_large = 70};
  result.latency = {{"L1", sample_latency(9.1e4, 1.1, 8100, Basis::kEmulated)},
                    {"L2", sample_latency(4.2e5, 1.3, 5200, Basis::kMeasured)},
                    {"L3", sample_latency(2.4e6, 2.0, 1900, Basis::kMeasured)},
                    {"miss", sample_latency(1.1e7, 2.2, 14'400, Basis::kModelled)},
                    {"request", sample_latency(7.2e7, 2.6, 2700, Basis::kMeasured)}};
  result.model_check = {{"L1", "vision_encoder_output", 1300, 88'000, 91'300},
                        {"L1", "kv_block", 3600, 61'000, 64'400},
                        {"L2", "vision_encoder_output", 600, 402'000, 431'000},
                        {"L2", "kv_block", 1900, 310'000, 296'000},
                        {"L3", "image", 210, 2'900'000, 3'710'000},
                        {"L3", "kv_block", 1100, 2'100'000, 2'480'000}};
  add_series(result);
  result.decision_log_hash = "5f1c0e7a92b84d3366aa1be09d7c4f21";
  result.links = {.pcie_up_bytes = 14'000'000'000,
                  .pcie_down_bytes = 9'300'000'000,
                  .ssd_read_bytes = 6'100'000'000,
                  .ssd_write_bytes = 8'200'000'000};
  result.warmup = {.requests = 300,
                   .accesses = 4'120,
                   .hits = 600,
                   .covered = 410,
                   .misses = 3'110,
                   .elapsed_ns = 2'300'000'000};
  result.tiers[0].facts = {{"switches", 3.0}, {"overhead_ratio", 0.014}};
  result.migration_facts = {{"moves_refused", 12.0}};
  result.prefetch_facts = {{"brier", 0.08}};
  result.prefetch = result::Prefetch{.issued = {120, 480'000'000},
                                     .used = {70, 300'000'000},
                                     .late = {6, 20'000'000},
                                     .evicted_unused = {30, 120'000'000},
                                     .cancelled = {5, 10'000'000},
                                     .no_space = {8, 25'000'000},
                                     .corrupt = {1, 5'000'000}};
  result.bounds = result::Bounds{.method = "tiered",
                                 .compulsory_misses = 8'900,
                                 .infinite_saved_ns = 560'000'000'000,
                                 .saved_ns = 515'000'000'000,
                                 .worth_ns_per_byte = {{"L1", 41.5}, {"L2", 3.25}, {"L3", 0.0}},
                                 .notes = {"Covered accesses are bounded one by one."}};
  add_content_caches(result);
  result.notes = {
      "The limit for locked memory is 8 MiB: L2 is not page-locked, so its copies may be slower."};
  return result;
}

}  // namespace cachebench::test

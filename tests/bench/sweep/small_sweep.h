// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/sweep/sweep_config.h"
#include "core/rng.h"
#include "result/sweep_result.h"
#include "support/temp_dir.h"

/// A sweep that runs in milliseconds, for tests. Values only; deterministic.
namespace cachebench::test {

inline void write_small_trace(const testing::TempDir& folder, int records = 400) {
  std::string text = "time,key,size\n";
  for (int i = 0; i < records; ++i) {
    const auto mixed = splitmix64(static_cast<std::uint64_t>(i));
    text += std::to_string(i) + "," + std::to_string(mixed % (1 + mixed / 64 % 50)) + "," +
            std::to_string(1000) + "\n";
  }
  testing::write_text(folder / "t.csv", text);
}

/// `more`: members of the sweep beside its base.
inline bench::SweepConfig sweep_with(const testing::TempDir& folder, const std::string& more) {
  write_small_trace(folder);
  const std::string base = R"({"trace": {"path": "t.csv"}, "cache": {"tiers": [
      {"name": "L1", "device": "emulated", "capacity": "10%"}, {"name": "L2", "device": "host", "capacity": "20%"}]}})";
  testing::write_text(folder / "sweep.json", "{\"base\": " + base + ", " + more + "}");
  return bench::load_sweep_config(folder / "sweep.json", {});
}

/// Two policies and two seeds.
inline bench::SweepConfig small_sweep(const testing::TempDir& folder, const std::string& more) {
  return sweep_with(
      folder, std::string(R"("axes": [{"path": "cache.tiers[*].eviction.policy", "values": ["lru", "fifo"]},
                                                    {"path": "seed", "values": [1, 2]}])") +
                  (more.empty() ? "" : ", " + more));
}

/// What is excluded when results are compared is taken out.
inline std::string without_times(result::SweepResult sweep) {
  sweep.manifest = "{}";
  for (result::SweepPoint& point : sweep.points) {
    point.seconds = 0;
    point.totals.elapsed_ns = 0;
  }
  return result::to_text(sweep);
}

}  // namespace cachebench::test

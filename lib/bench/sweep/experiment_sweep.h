// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "bench/run/stop.h"
#include "bench/sweep/crew.h"
#include "bench/sweep/point_runner.h"
#include "result/sweep_result.h"

/// A sweep of experiments: all points of a design, on all cores or by a crew of processes, each finished one
/// in a journal before the next begins. The result does not depend on how many threads, shards or processes
/// there were, nor on how often the sweep was stopped and started again. Errors: Error{kUsage} for a sweep
/// that makes no sense, told before anything is replayed; points that fail while they run are in the result.
namespace cachebench::bench {

/// How far a sweep is, for whoever shows it.
struct SweepProgress {
  std::uint64_t done = 0;   ///< finished, those found in the journal included
  std::uint64_t found = 0;  ///< in the journal
  std::uint64_t total = 0;  ///< known so far; a halving learns of later rounds as it goes
  double seconds = 0;       ///< since the start
  std::string last;         ///< name of the point that finished last
};

struct SweepOptions {
  std::string output;  ///< folder of points.jsonl; "": no journal
  std::size_t threads = 1;
  Shard shard = {};
  bool sure = false;     ///< runs more than kManyPoints without asking
  Crew* crew = nullptr;  ///< null: this process alone
  const StopToken* stop = nullptr;
  std::function<void(const SweepProgress&)> progress = {};  ///< one call at a time
};

/// More than this needs `--yes` or a limit.
inline constexpr std::uint64_t kManyPoints = 10'000;

/// REQUIRES: `options.stop` set; the first of its crew.
[[nodiscard]] result::SweepResult run_sweep(const SweepConfig& config, const SweepOptions& options);

/// What the other processes of a crew do.
void serve_sweep(const SweepConfig& config, Crew& crew, const StopToken& stop);

}  // namespace cachebench::bench

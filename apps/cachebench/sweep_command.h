// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "result/sweep_result.h"

/// `cachebench sweep` in its forms: experiments of a config, the researcher's short form, merging of shards.
/// Each takes the options that belong to it and returns the exit code; errors are thrown as Error.
namespace cachebench::app {

struct SweepCommandOptions {
  // Experiments.
  std::string config;
  std::vector<std::string> overrides;
  std::string output;
  std::vector<std::string> exports{"json", "csv"};
  std::string shard;
  bool yes = false;
  bool quiet = false;
  bool force = false;
  // The short form.
  std::string trace;
  std::string format;
  std::string policies;
  std::string capacities;
  std::string lowering;
  std::string geometry = "2b";
  std::uint64_t skip_bad = 0;
  std::uint64_t seed = 1;
  bool unit_size = false;
  bool bounds = false;
  double sample = 1;
  std::string curve;
  // Both.
  std::optional<std::uint64_t> limit;  ///< points of a config's sweep, records of the short form's trace
  std::size_t threads = 0;             ///< 0: the processors there are
  std::string csv;
  bool json = false;
  std::vector<std::string> command_line;
};

/// As asked for, or the processors this process may use.
[[nodiscard]] std::size_t threads_of(const SweepCommandOptions& options);

[[nodiscard]] int sweep_experiments(const SweepCommandOptions& options);
[[nodiscard]] int sweep_one_tier_trace(const SweepCommandOptions& options);

struct SweepMergeOptions {
  std::vector<std::string> folders;
  std::string output;
  std::vector<std::string> exports{"json", "csv"};
  bool json = false;
  bool quiet = false;
  bool force = false;
};
[[nodiscard]] int merge_sweep_folders(const SweepMergeOptions& options);

/// Tables for people: one row a point, curves, the recommendation.
[[nodiscard]] std::string one_tier_table(const result::SweepResult& sweep);
[[nodiscard]] std::string experiment_table(const result::SweepResult& sweep);

/// Writes sweep.json and the other formats asked for into `folder`; returns the files. Throws Error{kUsage}
/// for an unknown format.
[[nodiscard]] std::vector<std::string> write_sweep(const result::SweepResult& sweep,
                                                   const std::string& folder,
                                                   const std::vector<std::string>& exports);
/// Throws for formats that write_sweep would refuse.
void check_exports(const std::vector<std::string>& exports);

}  // namespace cachebench::app

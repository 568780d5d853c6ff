// SPDX-License-Identifier: Apache-2.0
// `cachebench sweep --trace`: the researcher's short form.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/sweep/load_accesses.h"
#include "bench/sweep/one_tier_sweep.h"
#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "result/sweep_analysis.h"
#include "sweep_command.h"
#include "version.h"

namespace cachebench::app {
namespace {

std::string manifest_of(const SweepCommandOptions& options) {
  nlohmann::ordered_json manifest;
  manifest["version"] = build::kVersion;
  manifest["trace_path"] = options.trace;
  manifest["policies"] = options.policies;
  manifest["capacities"] = options.capacities;
  manifest["unit_size"] = options.unit_size;
  manifest["seed"] = options.seed;
  return manifest.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// Columns of the whole trace only where more than one reading of them is needed.
result::SweepResult sweep_of(const bench::LoadRequest& load, const bench::SweepGrid& grid,
                             const bench::SweepRun& how, std::uint64_t& skipped) {
  if (bench::needs_no_columns(grid, how)) {
    bench::AccessReader reader(load);
    result::SweepResult sweep = bench::sweep_while_reading(reader, grid, how);
    skipped = reader.skipped();
    return sweep;
  }
  const bench::LoadedAccesses trace = bench::load_accesses(load);
  skipped = trace.skipped;
  return bench::sweep_one_tier(trace, grid, load.counting, how);
}

void write_results(const SweepCommandOptions& options, const result::SweepResult& sweep) {
  if (!options.csv.empty() && options.csv != "-") write_file(options.csv, result::to_csv(sweep));
  if (options.csv == "-") write_stdout(result::to_csv(sweep));
  if (options.json) write_stdout(result::to_text(sweep));
  if (options.csv.empty() && !options.json) write_stdout(one_tier_table(sweep));
}

}  // namespace

int sweep_one_tier_trace(const SweepCommandOptions& options) {
  if (options.json && options.csv == "-") {
    throw Error(ErrorKind::kUsage, "--json and --csv - both want standard output: give --csv a file");
  }
  const auto counting = options.unit_size ? bench::SizeCounting::kUnit : bench::SizeCounting::kBytes;
  if (!options.curve.empty() && options.curve != "lru") {
    throw Error(ErrorKind::kUsage,
                fmt::format("--curve '{}': one pass gives the curve of lru alone", options.curve));
  }
  if (!(options.sample > 0 && options.sample <= 1)) {
    throw Error(ErrorKind::kUsage,
                fmt::format("--sample {}: write a share above 0, at most 1", options.sample));
  }
  check_exports(options.exports);
  bench::SweepGrid grid;
  if (!options.policies.empty()) grid.policies = bench::parse_policies(options.policies);
  if (!options.capacities.empty()) grid.capacities = bench::parse_capacities(options.capacities, counting);
  bench::LoadRequest load{.path = options.trace,
                          .format = options.format,
                          .limit = options.limit.value_or(UINT64_MAX),
                          .skip_bad = options.skip_bad,
                          .counting = counting,
                          .lowering = std::nullopt,
                          .geometry = options.geometry};
  if (!options.lowering.empty()) load.lowering = model::parse_lowering(options.lowering);
  bench::SweepRun how;
  how.threads = threads_of(options);
  how.seed = options.seed;
  how.bounds = options.bounds;
  how.sample = options.sample;
  how.curve = !options.curve.empty();
  std::uint64_t skipped = 0;
  result::SweepResult sweep = sweep_of(load, grid, how, skipped);
  sweep.recommendation = result::recommend(sweep);
  if (options.json || !options.output.empty()) {
    sweep.manifest = manifest_of(options);
    sweep.trace.sha256 = sha256_of_file(options.trace);
  }
  if (skipped != 0) {
    fmt::print(stderr, "cachebench: {}: skipped {} malformed records\n", options.trace, skipped);
  }
  if (!options.output.empty()) {
    std::error_code failed;
    std::filesystem::create_directories(options.output, failed);
    if (failed) throw Error(ErrorKind::kEnvironment, options.output + ": " + failed.message());
    static_cast<void>(write_sweep(sweep, options.output, options.exports));
  }
  write_results(options, sweep);
  return kExitOk;
}

}  // namespace cachebench::app

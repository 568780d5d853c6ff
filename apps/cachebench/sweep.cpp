// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/sweep/load_accesses.h"
#include "bench/sweep/one_tier_sweep.h"
#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "result/sweep_result.h"
#include "version.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string trace;
  std::string format;
  std::string policies;
  std::string capacities;
  std::string lowering;
  std::string geometry = "2b";
  std::string csv;
  std::uint64_t limit = UINT64_MAX;
  std::uint64_t skip_bad = 0;
  std::uint64_t seed = 1;
  std::size_t threads = 0;
  bool unit_size = false;
  bool json = false;
};

std::string manifest_of(const Options& options) {
  nlohmann::ordered_json manifest;
  manifest["version"] = build::kVersion;
  manifest["trace_path"] = options.trace;
  manifest["policies"] = options.policies;
  manifest["capacities"] = options.capacities;
  manifest["unit_size"] = options.unit_size;
  manifest["seed"] = options.seed;
  return manifest.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// The table for people.
std::string table_of(const result::SweepResult& sweep) {
  std::size_t width = 6;
  for (const result::SweepPoint& point : sweep.points) width = std::max(width, point.policy.size());
  std::string text = fmt::format(
      "{}: {} accesses to {} objects\n{:<{}}  {:>14}  {:>12}  {:>10}  {:>15}  {:>9}\n", sweep.trace.name,
      sweep.trace.accesses, sweep.trace.distinct, "policy", width, sweep.unit_size ? "entries" : "bytes",
      "misses", "miss ratio", "byte miss ratio", "seconds");
  for (const result::SweepPoint& point : sweep.points) {
    const result::Totals& totals = point.totals;
    text += fmt::format(
        "{:<{}}  {:>14}  {:>12}  {:>10.4f}  {:>15.4f}  {:>9.3f}\n", point.policy, width, point.capacity,
        totals.misses, result::ratio_of(totals.misses, totals.accesses).value_or(0),
        result::ratio_of(totals.bytes_missed, totals.bytes_requested).value_or(0), point.seconds);
  }
  return text;
}

void write_results(const Options& options, const result::SweepResult& sweep) {
  if (!options.csv.empty() && options.csv != "-") write_file(options.csv, result::to_csv(sweep));
  if (options.csv == "-") write_stdout(result::to_csv(sweep));
  if (options.json) write_stdout(result::to_text(sweep));
  if (options.csv.empty() && !options.json) write_stdout(table_of(sweep));
}

int run(const Options& options) {
  if (options.json && options.csv == "-") {
    throw Error(ErrorKind::kUsage, "--json and --csv - both want standard output: give --csv a file");
  }
  const auto counting = options.unit_size ? bench::SizeCounting::kUnit : bench::SizeCounting::kBytes;
  const bench::SweepGrid grid{.policies = bench::parse_policies(options.policies),
                              .capacities = bench::parse_capacities(options.capacities, counting)};
  bench::LoadRequest load{.path = options.trace,
                          .format = options.format,
                          .limit = options.limit,
                          .skip_bad = options.skip_bad,
                          .counting = counting,
                          .lowering = std::nullopt,
                          .geometry = options.geometry};
  if (!options.lowering.empty()) load.lowering = model::parse_lowering(options.lowering);
  const bench::LoadedAccesses trace = bench::load_accesses(load);
  bench::SweepRun how;
  how.threads = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  how.seed = options.seed;
  result::SweepResult sweep = bench::sweep_one_tier(trace, grid, counting, how);
  if (options.json) {
    sweep.manifest = manifest_of(options);
    sweep.trace.sha256 = sha256_of_file(options.trace);
  }
  if (trace.skipped != 0) {
    fmt::print(stderr, "cachebench: {}: skipped {} malformed records\n", options.trace, trace.skipped);
  }
  write_results(options, sweep);
  return kExitOk;
}

void add(CLI::App& parent, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("sweep", "Every policy at every capacity: one tier, one trace");
  command->add_option("--trace", options->trace, "The workload")->required()->type_name("FILE");
  command->add_option("--policies", options->policies, "Such as lru,s3fifo:small_ratio=0.1")
      ->required()
      ->type_name("LIST");
  command->add_option("--capacities", options->capacities, "Such as 64MiB,1%,10%; with --unit-size 1000,10%")
      ->required()
      ->type_name("LIST");
  command->add_flag("--unit-size", options->unit_size,
                    "Every object counts 1, capacities are numbers of objects");
  command->add_option("--lowering", options->lowering, "Requests to accesses: graph (default) or blocks")
      ->type_name("NAME");
  command->add_option("--geometry", options->geometry, "Sizes of what requests lower to")->type_name("NAME");
  command->add_option("--threads", options->threads, "Points at a time (default: the processors there are)")
      ->check(CLI::Range(1, 1024));
  command->add_option("--csv", options->csv, "Table as CSV, - for standard output")->type_name("-|FILE");
  command->add_flag("--json", options->json, "One JSON document on standard output");
  command->add_option("--trace-format", options->format, "Instead of detecting it")->type_name("NAME");
  command->add_option("--limit", options->limit, "Read the first N records")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--skip-bad", options->skip_bad, "Tolerate N malformed records")->type_name("N");
  command->add_option("--seed", options->seed, "Of policies that draw random numbers")->type_name("N");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "sweep", .order = 20, .add = add});

}  // namespace
}  // namespace cachebench::app

// SPDX-License-Identifier: Apache-2.0
// `cachebench sweep`: which form of it is meant.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "command.h"
#include "core/error.h"
#include "hardware/live_machine.h"
#include "sweep_command.h"

namespace cachebench::app {

std::size_t threads_of(const SweepCommandOptions& options) {
  if (options.threads != 0) return options.threads;
  return static_cast<std::size_t>(hardware::allowed_threads());
}

namespace {

std::vector<std::string> command_line_of_this_process() {
  std::ifstream file("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  if (!words.empty()) words.front() = "cachebench";
  return words;
}

void add_experiment_options(CLI::App& command, SweepCommandOptions& options) {
  command.add_option("--config", options.config, "A sweep of experiments")->type_name("FILE");
  command.add_option("--set", options.overrides, "PATH=VALUE: override one key of the base experiment")
      ->allow_extra_args(false);
  command.add_option(
      "--output", options.output,
      "Folder of points and results (default cachebench-out/NAME-N); one that is there is gone on with");
  command.add_option("--export", options.exports, "Formats to write: json, csv, html, …")->delimiter(',');
  command.add_option("--shard", options.shard, "Run the points whose number modulo N is I")->type_name("I/N");
  command.add_flag("--yes", options.yes, "Run more than 10,000 points");
  command.add_flag("--quiet", options.quiet, "No progress and no summary");
  command.add_flag("--force", options.force, "Begin anew where points were finished before");
}

void add_short_options(CLI::App& command, SweepCommandOptions& options) {
  command.add_option("--trace", options.trace, "Short form: the workload")->type_name("FILE");
  command.add_option("--policies", options.policies, "Such as lru,s3fifo:small_ratio=0.1")->type_name("LIST");
  command.add_option("--capacities", options.capacities, "Such as 64MiB,1%,10%; with --unit-size 1000,10%")
      ->type_name("LIST");
  command.add_flag("--unit-size", options.unit_size,
                   "Every object counts 1, capacities are numbers of objects");
  command.add_option("--lowering", options.lowering, "Requests to accesses: graph (default) or blocks")
      ->type_name("NAME");
  command.add_option("--geometry", options.geometry, "Sizes of what requests lower to")->type_name("NAME");
  command.add_option("--trace-format", options.format, "Instead of detecting it")->type_name("NAME");
  command.add_option("--skip-bad", options.skip_bad, "Tolerate N malformed records")->type_name("N");
  command.add_option("--seed", options.seed, "Of policies that draw random numbers")->type_name("N");
  command.add_flag("--bounds", options.bounds, "State optimum and compulsory misses beside every policy");
  command
      .add_option("--sample", options.sample,
                  "Replay this share of the objects, chosen by hash; errors are stated")
      ->type_name("R");
  command.add_option("--curve", options.curve, "lru: the whole miss-ratio curve in one pass")
      ->type_name("NAME");
}

/// An option of one form is without effect in the other, which must not go unsaid.
void refuse_options_of(const SweepCommandOptions& options, bool is_short) {
  const auto refuse = [](bool given, const char* option, const char* where) {
    if (given)
      throw Error(ErrorKind::kUsage, fmt::format("{} belongs to {} (see sweep --help)", option, where));
  };
  if (is_short) {
    const char* const form = "sweeps by --config";
    refuse(!options.overrides.empty(), "--set", form);
    refuse(!options.shard.empty(), "--shard", form);
    refuse(options.yes, "--yes", form);
  } else {
    const char* const form = "the short form by --trace";
    refuse(options.unit_size, "--unit-size", form);
    refuse(!options.lowering.empty(), "--lowering", form);
    refuse(options.bounds, "--bounds", form);
    refuse(!options.curve.empty(), "--curve", form);
    refuse(options.sample < 1, "--sample", form);
  }
}

int dispatch(const SweepCommandOptions& options) {
  refuse_options_of(options, options.config.empty());
  if (!options.config.empty()) {
    if (!options.trace.empty() || !options.policies.empty() || !options.capacities.empty()) {
      throw Error(ErrorKind::kUsage,
                  "--config and --trace, --policies, --capacities are two forms: use one (see sweep --help)");
    }
    return sweep_experiments(options);
  }
  const bool curve_alone = !options.curve.empty() && options.policies.empty();
  if (options.trace.empty() || (options.policies.empty() && !curve_alone) ||
      (options.capacities.empty() && !curve_alone)) {
    throw Error(
        ErrorKind::kUsage,
        "sweep needs --config FILE, or --trace FILE --policies LIST --capacities LIST (see sweep --help)");
  }
  return sweep_one_tier_trace(options);
}

void add_merge(CLI::App& command, Action& action) {
  auto options = std::make_shared<SweepMergeOptions>();
  CLI::App* merge = command.add_subcommand("merge", "The shards of one sweep as one");
  merge->add_option("folders", options->folders, "Folders of the shards")->required()->type_name("DIR");
  merge->add_option("--output", options->output, "Folder of the whole")->required()->type_name("DIR");
  merge->add_option("--export", options->exports, "Formats to write: json, csv, html, …")->delimiter(',');
  merge->add_flag("--json", options->json, "Print the document to standard output");
  merge->add_flag("--quiet", options->quiet, "No summary");
  merge->add_flag("--force", options->force, "Overwrite a sweep that is there");
  merge->callback([options, &action] { action = [options] { return merge_sweep_folders(*options); }; });
}

void add(CLI::App& parent, Action& action) {
  auto options = std::make_shared<SweepCommandOptions>();
  CLI::App* command =
      parent.add_subcommand("sweep", "Many points: experiments of a config, or policies at sizes");
  add_experiment_options(*command, *options);
  add_short_options(*command, *options);
  command->add_option("--limit", options->limit, "With --config the first N points, else the first N records")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--threads", options->threads, "Points at a time (default: the processors there are)")
      ->check(CLI::Range(1, 1024));
  command->add_option("--csv", options->csv, "Table as CSV, - for standard output")->type_name("-|FILE");
  command->add_flag("--json", options->json, "One JSON document on standard output");
  add_merge(*command, action);
  command->callback([options, command, &action] {
    if (!command->get_subcommands().empty()) return;
    options->command_line = command_line_of_this_process();
    action = [options] { return dispatch(*options); };
  });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "sweep", .order = 20, .add = add});

}  // namespace
}  // namespace cachebench::app

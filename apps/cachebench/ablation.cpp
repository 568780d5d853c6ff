// SPDX-License-Identifier: Apache-2.0
// `cachebench ablation`: what each switch of the inference pipeline is worth.
#include "bench/sweep/ablation.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "core/file.h"
#include "core/units.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> overrides;
  std::uint32_t rounds = 7;
  std::string journal;
  std::string max_time;
  bool json = false;
  bool quiet = false;
};

int run(const Options& options) {
  const std::vector<bench::AblationVariant> variants =
      bench::ablation_variants(options.file, options.overrides);
  bench::StopToken stop;
  const bench::SignalStop signals(stop);
  const bench::AblationOptions how{
      .rounds = options.rounds,
      .journal = options.journal,
      .max_time = options.max_time.empty() ? Nanoseconds{0} : parse_duration(options.max_time)};
  bench::Ablation ablation =
      bench::run_ablation(variants, how, stop, [&](std::uint32_t round, const std::string& name) {
        if (!options.quiet)
          std::fputs(fmt::format("round {} of {}: {}\n", round + 1, options.rounds, name).c_str(), stderr);
      });
  ablation.name = options.file;
  write_stdout(options.json ? bench::to_json(ablation).dump(1) + "\n" : bench::to_markdown(ablation));
  return stop.requested() ? kExitInterrupted : kExitOk;
}

void add(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand(
      "ablation", "Run variants of a pipeline experiment in rounds, and compare each with the first");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->file, "A sweep of design list in mode pipeline")->required();
  command->add_option("--set", options->overrides, "PATH=VALUE: override one key of the base")
      ->allow_extra_args(false);
  command->add_option("--rounds", options->rounds, "Each variant is run so often; six or more give intervals")
      ->check(CLI::Range(1, 1000));
  command->add_option(
      "--journal", options->journal,
      "Keep finished rounds in this file, and count those in it: gathers rounds in several goes");
  command->add_option("--max-time", options->max_time, "Start no round that would end later, e.g. 80s");
  command->add_flag("--json", options->json, "Print one JSON document");
  command->add_flag("--quiet", options->quiet, "No progress");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "ablation", .order = 4, .add = add});

}  // namespace
}  // namespace cachebench::app

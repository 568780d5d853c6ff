// SPDX-License-Identifier: Apache-2.0
// `cachebench run`: one experiment.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "bench/config/load.h"
#include "bench/run/repeat.h"
#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "output_folder.h"
#include "progress_line.h"
#include "result/json.h"
#include "run_observers.h"
#include "run_summary.h"

namespace cachebench::app {
namespace {

struct RunOptions {
  bench::ConfigSource source;
  std::vector<std::string> exports{"json"};
  std::string output;
  bool json = false;
  bool quiet = false;
  bool force = false;
  bool dry_run = false;
  SummaryDetail detail = SummaryDetail::kTiers;
  std::string record;
  std::string content;
  std::string bounds = "auto";
  ObserverOptions observers;
  std::vector<std::string> command_line;
};

// Options that are another way to write `--set PATH=VALUE`.
struct Shortcut {
  const char* option;
  const char* path;
  const char* help;
};
constexpr Shortcut kShortcuts[] = {
    {"--mode", "mode",
     "simulate: no bytes, virtual time; real: real bytes, the machine's clock; pipeline: real, and the model "
     "computes what misses"},
    {"--trace", "trace.path", "The workload to replay"},
    {"--trace-format", "trace.format", "Its format, where detection is wrong"},
    {"--limit", "trace.limit", "Replay the first N requests"},
    {"--speedup", "load.speedup", "Open loop: divide recorded times by X"},
    {"--profile", "profile", "Machine whose costs are modelled: a name, or a file that calibrate wrote"},
    {"--max-time", "load.max_time", "End the run after this wall time, marked partial"},
    {"--warmup", "load.warmup", "Replay N requests, or this long, before counting"},
    {"--validity", "validity", "strict: an invalid run exits 7"},
    {"--cache-dir", "cache.directory", "Folder of the SSD tier; kept, and warm at the next start"},
    {"--repeat", "load.repeat",
     "Run N times, or auto: until the median is sure; the result is the median run"},
    {"--nvtx", "nvtx", "Profiler ranges: off, coarse, fine"},
};
struct Switch {
  const char* option;
  const char* path;
  const char* help;
};
constexpr Switch kSwitches[] = {
    {"--verify", "verify", "Compare every byte served with what was stored"},
    {"--cold", "cache.cold", "Empty a named cache folder first"},
};

void show_plan(const bench::RunConfig& config) {
  std::string text;
  for (const std::string& line : bench::describe_plan(config)) text += line + "\n";
  write_stdout(text);
}

int exit_code(const result::RunResult& result, const bench::RunConfig& config, const bench::StopToken& stop) {
  if (result.totals.wrong_bytes > 0) return static_cast<int>(ErrorKind::kInternal);
  if (stop.reason() == SIGINT) return kExitInterrupted;
  if (stop.reason() == SIGTERM) return kExitTerminated;
  const bool strict = config.validity == bench::Validity::kStrict;
  return result.status == result::Status::kInvalid && strict ? kExitInvalid : kExitOk;
}

int run(const RunOptions& options) {
  const std::string origin = options.source.file.empty() ? "cachebench run" : options.source.file;
  const bench::BoundsChoice bounds = bench::parse_bounds(options.bounds);
  bench::RunConfig config = bench::load_config(options.source);
  bench::require_trace(config, origin);
  if (!options.output.empty()) config.output = options.output;
  if (options.dry_run) {
    show_plan(config);
    return kExitOk;
  }
  set_trace_level(config.nvtx);
  // A folder that cannot be written to is better known before the run than after it.
  OutputFolder folder(config, options.exports,
                      {.wanted = !options.json || !config.output.empty(), .force = options.force});
  RunObservers observers(options.observers);
  bench::StopToken stop;
  const bench::SignalStop signals(stop);
  ProgressLine line(options.quiet ? ProgressStyle::kNone : progress_style_for(stderr));
  const result::RunResult result =
      bench::run_repeatedly({.config = config,
                             .command_line = options.command_line,
                             .stop = &stop,
                             .record = options.record,
                             .content = options.content,
                             .bounds = bounds,
                             .progress = [&](const bench::Progress& p) { line.show(p); },
                             .snapshot = observers.snapshot()});
  line.finish();
  folder.write(result);
  observers.finish(result);
  if (options.json) write_stdout(result::to_text(result));
  if (!options.quiet) {
    const std::string summary = summarise_run(result, folder.files(), options.detail);
    if (options.json) {
      std::fputs(summary.c_str(), stderr);
    } else {
      write_stdout(summary);
    }
  }
  return exit_code(result, config, stop);
}

// As it was typed, for whoever wants to repeat the run.
std::vector<std::string> command_line_of_this_process() {
  std::ifstream file("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  if (!words.empty()) words.front() = "cachebench";
  return words;
}

void add(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand("run", "Replay one workload through a cache");
  auto options = std::make_shared<RunOptions>();
  command->add_option("--config", options->source.file,
                      "The experiment; every key has a default but trace.path");
  command->add_option("--set", options->source.overrides, "PATH=VALUE: override one key of the config")
      ->allow_extra_args(false);
  for (const Shortcut& shortcut : kShortcuts) {
    const auto store = [options, path = std::string(shortcut.path)](const std::string& value) {
      options->source.overrides.push_back(path + "=" + value);
    };
    command->add_option_function<std::string>(shortcut.option, store, shortcut.help);
  }
  for (const Switch& item : kSwitches) {
    const auto store = [options, path = std::string(item.path)] {
      options->source.overrides.push_back(path + "=true");
    };
    command->add_flag_callback(item.option, store, item.help);
  }
  command->add_option("--output", options->output, "Folder of the result (default cachebench-out/NAME-N)");
  command->add_option("--export", options->exports, "Formats to write: json, html, md, csv")->delimiter(',');
  command->add_option("--record", options->record, "Write the trace of what was asked to FILE");
  command->add_option("--content", options->content,
                      "Folder of files named by the trace's hashes: bytes of text and images");
  command->add_option("--bounds", options->bounds,
                      "What no policy can pass, to stand beside the result: auto, on, off");
  command->add_option("--timeline", options->observers.timeline,
                      "Write the profiler ranges to FILE as trace events");
  command->add_option("--metrics-file", options->observers.metrics_file,
                      "Keep Prometheus text in FILE up to date");
  command
      ->add_option("--metrics-port", options->observers.metrics_port, "Serve it on 127.0.0.1 under /metrics")
      ->check(CLI::Range(1, 65535));
  command->add_flag_callback(
      "--validate-model", [options] { options->detail = SummaryDetail::kKinds; },
      "Show predicted and measured service time of every kind in every tier");
  command->add_flag("--json", options->json, "Print the result document to standard output");
  command->add_flag("--quiet", options->quiet, "No progress and no summary");
  command->add_flag("--force", options->force, "Overwrite a result that is there");
  command->add_flag("--dry-run", options->dry_run, "Say what the run needs, and stop");
  command->callback([options, &action] {
    options->command_line = command_line_of_this_process();
    if (options->source.file.empty()) {
      const auto names_trace = [](const std::string& set) { return set.starts_with("trace.path="); };
      const auto& sets = options->source.overrides;
      if (std::none_of(sets.begin(), sets.end(), names_trace)) {
        throw Error(ErrorKind::kUsage, "run needs --config FILE or --trace FILE (see run --help)");
      }
    }
    action = [options] { return run(*options); };
  });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "run", .order = 1, .add = add});

}  // namespace
}  // namespace cachebench::app

// SPDX-License-Identifier: Apache-2.0
// `cachebench sweep --config`: an experiment per point.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/run/manifest.h"
#include "bench/run/stop.h"
#include "bench/sweep/crew.h"
#include "bench/sweep/experiment_sweep.h"
#include "bench/sweep/merge.h"
#include "bench/sweep/sweep_config.h"
#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/units.h"
#include "progress_line.h"
#include "sweep_command.h"
#include "version.h"

namespace cachebench::app {
namespace {

namespace fs = std::filesystem;

std::string fresh_folder(const std::string& name) {
  for (int n = 1;; ++n) {
    std::string folder = fmt::format("cachebench-out/{}-{}", name, n);
    if (!fs::exists(folder)) return folder;
  }
}

/// A folder that is there holds a sweep to go on with, or with --force one to begin anew.
std::string make_folder(const SweepCommandOptions& options, const std::string& name) {
  std::string folder = options.output.empty() ? fresh_folder(name) : options.output;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw Error(ErrorKind::kEnvironment, folder + ": " + failed.message());
  if (::access(folder.c_str(), W_OK) != 0) throw system_error(ErrorKind::kEnvironment, folder, errno);
  if (options.force) fs::remove(fs::path(folder) / bench::kJournalFile);
  return folder;
}

std::string manifest_of(const SweepCommandOptions& options, const std::string& started_at,
                        std::size_t threads) {
  const nlohmann::ordered_json manifest = {{"started_at", started_at},
                                           {"command_line", options.command_line},
                                           {"config", options.config},
                                           {"threads", threads},
                                           {"build",
                                            {{"version", build::kVersion},
                                             {"git_revision", build::kGitRevision},
                                             {"compiler", build::kCompiler}}}};
  return manifest.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// Live on a terminal, a line now and then elsewhere.
class SweepLine {
 public:
  explicit SweepLine(ProgressStyle style) : style_(style) {}
  void show(const bench::SweepProgress& progress) {
    if (style_ == ProgressStyle::kNone) return;
    constexpr double kInterval = 10;
    const bool live = style_ == ProgressStyle::kLive;
    if (!live && progress.seconds - shown_at_ < kInterval) return;
    shown_at_ = progress.seconds;
    fmt::print(stderr, "{}{}{}", live ? "\r\033[K" : "", describe(progress), live ? "" : "\n");
    std::fflush(stderr);
    drawn_ = live;
  }
  void finish() {
    if (drawn_) std::fputs("\r\033[K", stderr);
  }

 private:
  static std::string describe(const bench::SweepProgress& progress) {
    std::string text = fmt::format("sweep {}/{} points", progress.done, progress.total);
    if (progress.found > 0) text += fmt::format(" ({} found finished)", progress.found);
    const std::uint64_t run = progress.done - progress.found;
    if (run > 0 && progress.total > progress.done) {
      const double left =
          progress.seconds / static_cast<double>(run) * static_cast<double>(progress.total - progress.done);
      text += fmt::format(", {} left", format_duration(Nanoseconds{static_cast<std::int64_t>(left * 1e9)}));
    }
    return text + ", last: " + progress.last;
  }

  const ProgressStyle style_;
  double shown_at_ = 0;
  bool drawn_ = false;
};

void print(const SweepCommandOptions& options, const result::SweepResult& sweep,
           const std::vector<std::string>& files) {
  if (options.json) write_stdout(result::to_text(sweep));
  if (options.csv == "-") write_stdout(result::to_csv(sweep));
  if (!options.csv.empty() && options.csv != "-") write_file(options.csv, result::to_csv(sweep));
  if (options.quiet) return;
  std::string text = experiment_table(sweep);
  for (const std::string& file : files) text += "wrote " + file + "\n";
  if (options.json || options.csv == "-") {
    std::fputs(text.c_str(), stderr);
  } else {
    write_stdout(text);
  }
}

int exit_code(const result::SweepResult& sweep, const bench::StopToken& stop) {
  if (stop.reason() == SIGINT) return kExitInterrupted;
  if (stop.reason() == SIGTERM) return kExitTerminated;
  const bool any = sweep.points.empty() ||
                   std::any_of(sweep.points.begin(), sweep.points.end(), [](const result::SweepPoint& point) {
                     return point.status != result::Status::kInvalid;
                   });
  return any ? kExitOk : kExitInvalid;
}

/// As the first, or the only one.
int lead(const SweepCommandOptions& options, const bench::SweepConfig& config, bench::Crew* crew,
         const bench::StopToken& stop) {
  const std::string folder = make_folder(options, config.name);
  const std::string started_at = bench::utc_now();
  SweepLine line(options.quiet ? ProgressStyle::kNone : progress_style_for(stderr));
  bench::SweepOptions how;
  how.output = folder;
  how.threads = threads_of(options);
  if (!options.shard.empty()) how.shard = bench::parse_shard(options.shard);
  how.sure = options.yes;
  how.crew = crew;
  how.stop = &stop;
  how.progress = [&](const bench::SweepProgress& progress) { line.show(progress); };
  result::SweepResult sweep;
  try {
    sweep = bench::run_sweep(config, how);
  } catch (const Error&) {
    line.finish();
    std::error_code ignored;
    fs::remove(folder, ignored);  // where nothing was written
    throw;
  }
  line.finish();
  sweep.manifest = manifest_of(options, started_at, how.threads);
  print(options, sweep, write_sweep(sweep, folder, options.exports));
  return exit_code(sweep, stop);
}

}  // namespace

int sweep_experiments(const SweepCommandOptions& options) {
  if (options.json && options.csv == "-") {
    throw Error(ErrorKind::kUsage, "--json and --csv - both want standard output: give --csv a file");
  }
  check_exports(options.exports);
  bench::SweepConfig config = bench::load_sweep_config(options.config, options.overrides);
  if (options.limit) config.limit = options.limit;
  bench::StopToken stop;
  const bench::SignalStop signals(stop);
  const std::unique_ptr<bench::Crew> crew = bench::join_crew();
  if (crew && !crew->is_first()) {
    bench::serve_sweep(config, *crew, stop);
    return kExitOk;
  }
  try {
    const int code = lead(options, config, crew.get(), stop);
    if (crew) crew->dismiss();
    return code;
  } catch (const Error&) {
    if (crew) crew->dismiss();  // or they would wait for ever
    throw;
  }
}

}  // namespace cachebench::app

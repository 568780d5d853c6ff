// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/calibrate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/calibrate/profile_document.h"
#include "bench/config/load.h"
#include "command.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "core/units.h"
#include "hardware/profile.h"
#include "progress_line.h"

namespace cachebench::app {
namespace {

struct Options {
  bench::CalibrationOptions calibration;
  std::string output = "calibrated.json";
  std::string limit;
  std::vector<std::string> policies_of;
  bool json = false;
};

// "12.3 GB/s", "45.1 us": a figure as its unit is read.
std::string figure_text(double value, const std::string& unit) {
  if (unit == "ns") return format_duration(Nanoseconds{static_cast<std::int64_t>(value)});
  if (unit == "bytes/s") return fmt::format("{:.4g} GB/s", value / 1e9);
  if (unit == "flop/s") return fmt::format("{:.4g} GFLOP/s", value / 1e9);
  return fmt::format("{:.4g} {}", value, unit);
}

std::string table(const bench::Session& session) {
  std::string text =
      fmt::format("  {:<28} {:>16} {:>8} {:>6}  {}\n", "measurement", "median", "spread", "times", "basis");
  for (const bench::Measurement& row : session.measurements()) {
    text +=
        fmt::format("  {:<28} {:>16} {:>7.1f}% {:>6}  {}{}\n", row.name,
                    figure_text(row.spread.median, row.unit), 100 * row.spread.relative(),
                    row.spread.repetitions, bench::name_of(row.basis), row.is_steady ? "" : ", not steady");
  }
  for (const std::string& note : session.notes()) text += "  " + note + "\n";
  return text;
}

bench::CalibrationOptions with_progress(const bench::CalibrationOptions& plain) {
  bench::CalibrationOptions options = plain;
  const ProgressStyle style = progress_style_for(stderr);
  if (style == ProgressStyle::kLive) {
    options.progress = [](const std::string& name, double done) {
      fmt::print(stderr, "\r\033[Kcalibrate: {:3.0f}% of the time, {}", 100 * done, name);
      std::fflush(stderr);
    };
  } else if (style == ProgressStyle::kLines) {
    options.progress = [said = -1](const std::string& name, double done) mutable {
      const int tenth = static_cast<int>(10 * done);
      if (tenth <= said) return;
      said = tenth;
      fmt::print(stderr, "calibrate: {}% of the time, {}\n", 10 * tenth, name);
    };
  }
  return options;
}

// Whether the profile can be written is known before two minutes are spent on it.
void require_output(const Options& options) {
  if (options.output == "-") return;
  const std::filesystem::path folder = std::filesystem::path(options.output).parent_path();
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return;
  throw Error(ErrorKind::kEnvironment,
              fmt::format("{}: there is no folder to write the profile to", options.output));
}

int run(const Options& given) {
  require_output(given);
  bench::check_parts(given.calibration.only);
  bench::CalibrationOptions options = with_progress(given.calibration);
  for (const std::string& file : given.policies_of)
    options.policies.push_back(bench::load_config({.file = file, .overrides = {}}));
  if (!given.limit.empty()) options.limit = parse_duration(given.limit);
  const hardware::Profile base = hardware::find_profile(options.base);
  bench::StopToken stop;
  const bench::SignalStop signals(stop);
  const RealClock clock;
  bench::Session session(options, stop, clock);
  bench::calibrate(session);
  if (progress_style_for(stderr) == ProgressStyle::kLive) fmt::print(stderr, "\r\033[K");
  if (stop.requested()) {
    fmt::print(stderr, "calibrate: interrupted, no profile is written\n");
    return 128 + stop.reason();
  }
  const bool prints = given.output == "-";
  const std::string name = prints ? "" : std::filesystem::path(given.output).stem().string();
  const auto document =
      bench::profile_document({.name = name.empty() ? "calibrated" : name, .base = base, .session = session});
  const std::string text =
      document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  if (!prints) write_file(given.output, text);
  if (given.json || prints) {
    write_stdout(text);
    return kExitOk;
  }
  write_stdout(table(session));
  write_stdout(fmt::format("\n{} figures measured in {}, {} from profile {}: {}\n", session.figures().size(),
                           format_duration(session.elapsed()), bench::figures_not_measured(session).size(),
                           base.name, given.output));
  return kExitOk;
}

void add(CLI::App& parent, Action& action) {
  const auto options = std::make_shared<Options>();
  bench::CalibrationOptions& calibration = options->calibration;
  CLI::App* command = parent.add_subcommand("calibrate", "Measure this machine and write its profile");
  command->add_option("--output", options->output, "The profile; -: standard output")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_option("--cache-dir", calibration.directory, "Folder on the drive that is measured")
      ->type_name("DIR");
  command->add_option("--time", options->limit, "For all of it (default 2m)")->type_name("LIMIT");
  command->add_option("--only", calibration.only, "Parts, such as memcpy,ssd (default all)")
      ->delimiter(',')
      ->type_name("WHAT");
  command->add_option("--rows", calibration.rows, "Of those parts the named measurements alone")
      ->delimiter(',')
      ->type_name("NAMES");
  command->add_option("--base", calibration.base, "Profile of the figures that are not measured")
      ->type_name("PROFILE")
      ->capture_default_str();
  command
      ->add_option("--policies-of", options->policies_of,
                   "Configs whose policies are tried on a made-up chat: their runs are predicted best")
      ->type_name("CONFIG");
  command->add_flag("--quick", calibration.quick, "A rough look: small files, few repetitions");
  command->add_flag("--json", options->json, "Print the profile to standard output as well");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "calibrate", .order = 62, .add = add});

}  // namespace
}  // namespace cachebench::app

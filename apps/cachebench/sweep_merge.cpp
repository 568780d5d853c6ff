// SPDX-License-Identifier: Apache-2.0
// `cachebench sweep merge`: the shards of one sweep as one.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "bench/sweep/merge.h"
#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "sweep_command.h"

namespace cachebench::app {

int merge_sweep_folders(const SweepMergeOptions& options) {
  namespace fs = std::filesystem;
  check_exports(options.exports);
  const result::SweepResult sweep = bench::merge_sweeps(options.folders);
  if (fs::exists(fs::path(options.output) / bench::kPlanFile) && !options.force) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{} holds a sweep already: take another --output, or --force", options.output));
  }
  std::error_code failed;
  fs::create_directories(options.output, failed);
  if (failed) throw Error(ErrorKind::kEnvironment, options.output + ": " + failed.message());
  bench::merge_journals(options.folders, options.output);
  const std::vector<std::string> files = write_sweep(sweep, options.output, options.exports);
  if (options.json) write_stdout(result::to_text(sweep));
  if (options.quiet) return kExitOk;
  std::string text = experiment_table(sweep);
  for (const std::string& file : files) text += "wrote " + file + "\n";
  if (options.json) {
    std::fputs(text.c_str(), stderr);
  } else {
    write_stdout(text);
  }
  return kExitOk;
}

}  // namespace cachebench::app

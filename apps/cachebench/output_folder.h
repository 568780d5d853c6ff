// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/config/run_config.h"
#include "result/run_result.h"

namespace cachebench::app {

struct OutputOptions {
  bool wanted = true;  ///< false: nothing is written
  bool force = false;  ///< overwrite what is there
};

/// Where a run leaves its files. Made before the run, so that a folder that cannot be written to costs
/// nothing; files appear whole or not at all. Throws Error{kUsage} for an unknown export or an existing
/// result, Error{kEnvironment} for a folder that cannot be written to.
class OutputFolder {
 public:
  OutputFolder(const bench::RunConfig& config, const std::vector<std::string>& exports,
               OutputOptions options);
  void write(const result::RunResult& result);
  /// What was written, for the summary.
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

 private:
  std::string folder_;
  std::vector<std::string> exports_;
  std::vector<std::string> files_;
};

}  // namespace cachebench::app

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

/// Runs programs as a script would: standard input closed, both outputs captured. Throws when the program
/// cannot be started; what it did is in the result.
namespace cachebench::testing {

struct CommandResult {
  int exit_code = 0;  ///< 128 + signal number when it was killed
  std::string out;
  std::string err;
};

struct CommandOptions {
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to this process's own
  std::string directory = {};                                         ///< working folder; empty: this one's
  std::string stdout_path = {};  ///< instead of capturing, e.g. "/dev/full"
};

[[nodiscard]] CommandResult run_command(const std::vector<std::string>& arguments,
                                        const CommandOptions& options = {});

/// The built `cachebench` with these arguments.
[[nodiscard]] CommandResult cachebench(std::vector<std::string> arguments,
                                       const CommandOptions& options = {});
/// Its path.
[[nodiscard]] std::string cachebench_binary();

}  // namespace cachebench::testing

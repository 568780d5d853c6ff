// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

/// The one exception of the project: bad input or a bad environment, told in one line. Expected outcomes (a
/// miss, a refusal) are return values; programmer errors abort in core/check.h.
namespace cachebench {

/// What went wrong, hence the exit code of the process.
enum class ErrorKind : int {
  kUsage = 2,        ///< command line or config
  kInput = 3,        ///< a trace, result or other data file
  kEnvironment = 4,  ///< device, memory, disk, permission, output
  kInternal = 5,
};

/// One clear line: file, line, reason, and what to do where that helps.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// "TEXT: reason" for the failed system call whose `errno` is `code`.
[[nodiscard]] Error system_error(ErrorKind kind, const std::string& what, int code);

}  // namespace cachebench

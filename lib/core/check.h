// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <string>

/// Checks for programmer errors: they print the condition with its values and abort. Bad input is never a
/// check; it throws Error.
namespace cachebench {

[[noreturn]] void check_failed(const char* condition, const char* file, int line,
                               const std::string& detail) noexcept;

}  // namespace cachebench

/// Always on. Further arguments are a fmt format string and its values.
#define CACHEBENCH_CHECK(condition, ...)                                                       \
  do {                                                                                         \
    if (!(condition)) [[unlikely]]                                                             \
      ::cachebench::check_failed(#condition, __FILE__, __LINE__, fmt::format("" __VA_ARGS__)); \
  } while (false)

/// For hot paths: off in release builds.
#ifdef NDEBUG
#define CACHEBENCH_DCHECK(condition, ...) \
  do {                                    \
  } while (false)
#else
#define CACHEBENCH_DCHECK(condition, ...) CACHEBENCH_CHECK(condition, __VA_ARGS__)
#endif

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// The one-value files of /proc and /sys. Stateless; what is missing or malformed gives nothing. Not for data
/// files: errors are swallowed by design.
namespace cachebench::hardware {

/// At most 1 MiB of the file; nothing when it cannot be opened.
[[nodiscard]] std::optional<std::string> read_small_file(const std::string& path);
/// Its first line, as `printable` makes it; "" when there is none.
[[nodiscard]] std::string first_line(const std::string& path);
/// Its first line as a whole number.
[[nodiscard]] std::optional<std::uint64_t> read_number(const std::string& path);
/// Blanks at both ends taken off, bytes that are not printable ASCII turned into '?'.
[[nodiscard]] std::string printable(std::string text);

}  // namespace cachebench::hardware

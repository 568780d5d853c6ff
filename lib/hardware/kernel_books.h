// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.h"

/// What the kernel keeps books of, as far as more than one reader here needs it: memory, waits, and the
/// control groups of this process. Stateless; `proc` and `sys` are the roots of those file systems, other
/// ones serve tests. Never throws: what is missing or malformed gives nothing.
namespace cachebench::hardware {

/// A line of /proc/meminfo: "MemAvailable" of "MemAvailable:   12345 kB".
[[nodiscard]] std::optional<Bytes> meminfo_line(std::string_view meminfo, std::string_view name);

/// Share of the last ten seconds in which some task waited for "cpu" or "memory", 0 to 1.
[[nodiscard]] std::optional<double> pressure_share(const std::string& proc, std::string_view resource);

/// A number after a name: 7 of "inactive_file 7" in memory.stat, whose lines `text` holds.
[[nodiscard]] std::optional<std::uint64_t> number_of_line(std::string_view text, std::string_view name);

enum class GroupVersion : std::uint8_t { kOne, kTwo };

/// The folders of this process's control group and of those above it, innermost first, the root's at the end.
/// `controller`, such as "memory", counts for version 1, where each has a tree of its own. A process whose
/// group is not told is in the root.
[[nodiscard]] std::vector<std::string> group_folders(const std::string& proc, const std::string& sys,
                                                     GroupVersion version, std::string_view controller);

/// Version 1 writes "no limit" as a number close to 2^63; what no machine has is none.
inline constexpr std::uint64_t kNoGroupLimit = std::uint64_t{1} << 62;

}  // namespace cachebench::hardware

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/units.h"

/// What this process may use of the machine: the limits that make a run fail or silently slow. Values; a
/// limit that could not be read is absent. Reading changes nothing and never throws.
namespace cachebench::hardware {

/// A bound on something, or the knowledge that there is none.
struct Bound {
  bool is_unlimited = false;
  Bytes bytes;  ///< meaningful unless unlimited
  bool operator==(const Bound&) const = default;
};

struct HugePages {
  std::optional<Bytes> size;
  std::optional<std::uint64_t> total;
  std::optional<std::uint64_t> free;
  std::string transparent;  ///< "always", "madvise", "never", "" = unknown
};

/// The folder SSD tiers write to unless told otherwise.
struct CacheDirectory {
  std::string path;
  std::string filesystem;  ///< "ext4", "xfs", "tmpfs", …; its number in hex where unknown
  std::optional<Bytes> free;
  std::optional<bool> direct_io;  ///< O_DIRECT works there
  std::string mount_point{};      ///< "/home"; "" where unknown
  std::string mounted{};          ///< what is mounted there: "/dev/nvme0n1p2", "server:/export"
  /// Its bytes live in memory: nothing there outlives a restart, and all of it counts as memory.
  [[nodiscard]] bool in_memory() const;
  /// On another machine.
  [[nodiscard]] bool on_network() const;
};

struct Limits {
  std::optional<Bound> locked_memory;
  std::optional<Bound> locked_memory_hard;  ///< as far as the process may raise it itself
  std::optional<Bound> address_space;
  std::optional<Bytes> memory_total;      ///< that the kernel manages
  std::optional<Bytes> memory_available;  ///< without swapping, by the kernel's estimate
  std::optional<Bytes> swap;
  std::optional<Bound> cgroup_memory;
  std::optional<double> cgroup_cpus;  ///< absent: no limit, or unknown
  std::optional<std::uint64_t> open_files;
  std::optional<bool> io_uring;  ///< the kernel gives a ring to this process
  HugePages huge_pages;
  std::optional<CacheDirectory> cache_directory;
};

/// Where to look; other roots than "/" serve tests.
struct LimitSources {
  std::string proc = "/proc";
  std::string sys = "/sys";
  std::string cache_directory = "";  ///< "": cache_folder()
};

[[nodiscard]] Limits read_limits(const LimitSources& sources);

/// What a folder that need not exist yet would sit on: its nearest existing parent is looked at.
[[nodiscard]] CacheDirectory inspect_directory(const std::string& path, const std::string& proc = "/proc");

}  // namespace cachebench::hardware

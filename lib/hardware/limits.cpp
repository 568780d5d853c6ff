// SPDX-License-Identifier: Apache-2.0
#include "hardware/limits.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/io_uring.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "core/file.h"
#include "hardware/small_files.h"

namespace cachebench::hardware {
namespace {

namespace fs = std::filesystem;

struct FilesystemName {
  std::uint32_t magic;
  const char* name;
};

// statfs(2), f_type.
constexpr std::array<FilesystemName, 13> kFilesystems{{{0xEF53, "ext4"},
                                                       {0x58465342, "xfs"},
                                                       {0x9123683E, "btrfs"},
                                                       {0x01021994, "tmpfs"},
                                                       {0x858458F6, "ramfs"},
                                                       {0x794C7630, "overlay"},
                                                       {0x2FC12FC1, "zfs"},
                                                       {0xF2F52010, "f2fs"},
                                                       {0x6969, "nfs"},
                                                       {0xFF534D42, "cifs"},
                                                       {0x65735546, "fuse"},
                                                       {0x01021997, "9p"},
                                                       {0x4D44, "vfat"}}};

std::string filesystem_name(std::uint32_t magic) {
  for (const FilesystemName& row : kFilesystems) {
    if (row.magic == magic) return row.name;
  }
  return fmt::format("{:#x}", magic);
}

// A file that never has a name, so nothing is left behind; a file system without such files gives no answer.
std::optional<bool> direct_io_works(const std::string& folder) {
  if (const FileDescriptor probe(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
      !probe.is_open()) {
    return std::nullopt;
  }
  const FileDescriptor direct(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600));
  return direct.is_open();
}

std::string default_cache_directory() {
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing in the project changes the environment
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  // NOLINTEND(concurrency-mt-unsafe)
  if (cache != nullptr && *cache != '\0') return std::string(cache) + "/cachebench";
  if (home != nullptr && *home != '\0') return std::string(home) + "/.cache/cachebench";
  return "/tmp/cachebench";
}

std::optional<Bound> resource_limit(decltype(RLIMIT_MEMLOCK) resource) {
  struct rlimit limit {};
  if (::getrlimit(resource, &limit) != 0) return std::nullopt;
  if (limit.rlim_cur == RLIM_INFINITY) return Bound{.is_unlimited = true, .bytes = {}};
  return Bound{.is_unlimited = false, .bytes = Bytes{limit.rlim_cur}};
}

// As <liburing.h> does, without it: this layer only asks whether the kernel would.
bool io_uring_works() {
  struct io_uring_params parameters {};
  const long fd = ::syscall(__NR_io_uring_setup, 1U, &parameters);
  const FileDescriptor ring(static_cast<int>(fd));
  return ring.is_open();
}

// The folders of this process's control group and of those above it, innermost first (control groups version
// 2).
std::vector<std::string> cgroup_folders(const LimitSources& sources) {
  const std::optional<std::string> text = read_small_file(sources.proc + "/self/cgroup");
  if (!text) return {};
  const std::size_t at = text->starts_with("0::") ? 0 : text->find("\n0::");
  if (at == std::string::npos) return {};
  const std::size_t start = text->find("::", at) + 2;
  fs::path group(text->substr(start, text->find('\n', start) - start));
  std::vector<std::string> folders;
  while (group.has_relative_path()) {
    folders.push_back(sources.sys + "/fs/cgroup" + group.string());
    group = group.parent_path();
  }
  folders.push_back(sources.sys + "/fs/cgroup");
  return folders;
}

std::optional<Bound> cgroup_memory(const LimitSources& sources, const std::vector<std::string>& folders) {
  std::optional<Bound> bound;
  for (const std::string& folder : folders) {
    const std::string line = first_line(folder + "/memory.max");
    if (line == "max" && !bound) bound = Bound{.is_unlimited = true, .bytes = {}};
    const std::optional<std::uint64_t> bytes = read_number(folder + "/memory.max");
    if (!bytes) continue;
    if (!bound || bound->is_unlimited || *bytes < bound->bytes.value) bound = Bound{.bytes = Bytes{*bytes}};
  }
  if (bound) return bound;
  const auto old = read_number(sources.sys + "/fs/cgroup/memory/memory.limit_in_bytes");
  if (!old) return std::nullopt;
  constexpr std::uint64_t kNone = 1ULL << 62;  // version 1 writes "no limit" as a number close to 2^63
  return *old >= kNone ? Bound{.is_unlimited = true, .bytes = {}} : Bound{.bytes = Bytes{*old}};
}

// "QUOTA PERIOD" in microseconds, or "max PERIOD".
std::optional<double> quota_of(const std::string& line) {
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  const char* end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, quota);
  if (first.ec != std::errc{} || first.ptr == end) return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, period);
  if (second.ec != std::errc{} || quota == 0 || period == 0) return std::nullopt;
  return static_cast<double>(quota) / static_cast<double>(period);
}

std::optional<double> cgroup_cpus(const LimitSources& sources, const std::vector<std::string>& folders) {
  std::optional<double> cpus;
  for (const std::string& folder : folders) {
    const std::optional<double> here = quota_of(first_line(folder + "/cpu.max"));
    if (here) cpus = cpus ? std::min(*cpus, *here) : here;
  }
  if (cpus) return cpus;
  const std::string old = sources.sys + "/fs/cgroup/cpu/cpu.cfs_";
  return quota_of(first_line(old + "quota_us") + " " + first_line(old + "period_us"));
}

HugePages read_huge_pages(const LimitSources& sources) {
  HugePages pages;
  const std::string folder = sources.sys + "/kernel/mm/hugepages/hugepages-2048kB/";
  pages.total = read_number(folder + "nr_hugepages");
  pages.free = read_number(folder + "free_hugepages");
  if (pages.total) pages.size = kMiB * 2;
  const std::string modes = first_line(sources.sys + "/kernel/mm/transparent_hugepage/enabled");
  const std::size_t open = modes.find('[');
  const std::size_t close = modes.find(']');
  if (open != std::string::npos && close != std::string::npos && close > open) {
    pages.transparent = modes.substr(open + 1, close - open - 1);
  }
  return pages;
}

}  // namespace

CacheDirectory inspect_directory(const std::string& path) {
  CacheDirectory directory{.path = path, .filesystem = {}, .free = {}, .direct_io = {}};
  std::error_code failed;
  fs::path existing = fs::absolute(path, failed);
  while (!fs::is_directory(existing, failed) && existing.has_relative_path())
    existing = existing.parent_path();
  struct statfs facts {};
  if (::statfs(existing.c_str(), &facts) != 0) return directory;
  directory.filesystem = filesystem_name(static_cast<std::uint32_t>(facts.f_type));
  directory.free = Bytes{facts.f_bavail} * static_cast<std::uint64_t>(facts.f_bsize);
  directory.direct_io = direct_io_works(existing.string());
  return directory;
}

Limits read_limits(const LimitSources& sources) {
  Limits limits;
  limits.locked_memory = resource_limit(RLIMIT_MEMLOCK);
  if (const auto files = resource_limit(RLIMIT_NOFILE); files && !files->is_unlimited) {
    limits.open_files = files->bytes.value;
  }
  const std::vector<std::string> folders = cgroup_folders(sources);
  limits.cgroup_memory = cgroup_memory(sources, folders);
  limits.cgroup_cpus = cgroup_cpus(sources, folders);
  limits.io_uring = io_uring_works();
  limits.huge_pages = read_huge_pages(sources);
  limits.cache_directory = inspect_directory(sources.cache_directory.empty() ? default_cache_directory()
                                                                             : sources.cache_directory);
  return limits;
}

}  // namespace cachebench::hardware

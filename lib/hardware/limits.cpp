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
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "hardware/cache_folder.h"
#include "hardware/kernel_books.h"
#include "hardware/small_files.h"

namespace cachebench::hardware {
namespace {

namespace fs = std::filesystem;

struct FilesystemName {
  std::uint32_t magic;
  const char* name;
};

// statfs(2), f_type.
constexpr std::array<FilesystemName, 17> kFilesystems{{{0xEF53, "ext4"},
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
                                                       {0x4D44, "vfat"},
                                                       {0xFE534D42, "smb2"},
                                                       {0x00C36400, "ceph"},
                                                       {0x0BD00BD0, "lustre"},
                                                       {0x5346414F, "afs"}}};

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

// A file name as the kernel writes it in mountinfo: blanks and the like as \ooo.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool is_below(const std::string& path, const std::string& mount_point) {
  if (mount_point == "/") return true;
  return path.starts_with(mount_point) &&
         (path.size() == mount_point.size() || path[mount_point.size()] == '/');
}

// The last line of proc(5)'s mountinfo that covers `path` most closely: later mounts hide earlier ones.
// "36 35 98:0 /root /mount/point options [optional fields] - type source options"
void find_mount(CacheDirectory& directory, const std::string& path, const std::string& proc) {
  std::istringstream lines(read_small_file(proc + "/self/mountinfo").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skipped;
    std::string mount_point;
    words >> skipped >> skipped >> skipped >> skipped >> mount_point;
    mount_point = unescaped(mount_point);
    if (mount_point.empty() || !is_below(path, mount_point)) continue;
    if (mount_point.size() < directory.mount_point.size()) continue;
    while (words >> skipped && skipped != "-") continue;
    std::string type;
    std::string source;
    words >> type >> source;
    directory.mount_point = mount_point;
    directory.mounted = printable(unescaped(source));
  }
}

Bound bound_of(rlim_t limit) {
  if (limit == RLIM_INFINITY) return {.is_unlimited = true, .bytes = {}};
  return {.is_unlimited = false, .bytes = Bytes{limit}};
}

std::optional<struct rlimit> resource_limit(decltype(RLIMIT_MEMLOCK) resource) {
  struct rlimit limit {};
  if (::getrlimit(resource, &limit) != 0) return std::nullopt;
  return limit;
}

void read_resource_limits(Limits& limits) {
  if (const auto locked = resource_limit(RLIMIT_MEMLOCK)) {
    limits.locked_memory = bound_of(locked->rlim_cur);
    limits.locked_memory_hard = bound_of(locked->rlim_max);
  }
  if (const auto space = resource_limit(RLIMIT_AS)) limits.address_space = bound_of(space->rlim_cur);
  if (const auto files = resource_limit(RLIMIT_NOFILE); files && files->rlim_cur != RLIM_INFINITY) {
    limits.open_files = files->rlim_cur;
  }
}

// As <liburing.h> does, without it: this layer only asks whether the kernel would.
bool io_uring_works() {
  struct io_uring_params parameters {};
  const long fd = ::syscall(__NR_io_uring_setup, 1U, &parameters);
  const FileDescriptor ring(static_cast<int>(fd));
  return ring.is_open();
}

std::vector<std::string> folders_of(const LimitSources& sources, GroupVersion version,
                                    std::string_view controller) {
  return group_folders(sources.proc, sources.sys, version, controller);
}

// The tightest of the groups; that there is none where all of them say so.
void tighten(std::optional<Bound>& bound, const std::string& file) {
  if (first_line(file) == "max" && !bound) bound = Bound{.is_unlimited = true, .bytes = {}};
  const std::optional<std::uint64_t> bytes = read_number(file);
  if (!bytes) return;
  if (*bytes >= kNoGroupLimit) {
    if (!bound) bound = Bound{.is_unlimited = true, .bytes = {}};
  } else if (!bound || bound->is_unlimited || *bytes < bound->bytes.value) {
    bound = Bound{.bytes = Bytes{*bytes}};
  }
}

std::optional<Bound> cgroup_memory(const LimitSources& sources) {
  std::optional<Bound> bound;
  for (const std::string& folder : folders_of(sources, GroupVersion::kTwo, "memory"))
    tighten(bound, folder + "/memory.max");
  for (const std::string& folder : folders_of(sources, GroupVersion::kOne, "memory"))
    tighten(bound, folder + "/memory.limit_in_bytes");
  return bound;
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

std::optional<double> cgroup_cpus(const LimitSources& sources) {
  std::optional<double> cpus;
  const auto tighten_to = [&cpus](const std::string& quota) {
    const std::optional<double> here = quota_of(quota);
    if (here) cpus = cpus ? std::min(*cpus, *here) : here;
  };
  for (const std::string& folder : folders_of(sources, GroupVersion::kTwo, "cpu"))
    tighten_to(first_line(folder + "/cpu.max"));
  for (const std::string& folder : folders_of(sources, GroupVersion::kOne, "cpu"))
    tighten_to(first_line(folder + "/cpu.cfs_quota_us") + " " + first_line(folder + "/cpu.cfs_period_us"));
  return cpus;
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

bool CacheDirectory::in_memory() const {
  return filesystem == "tmpfs" || filesystem == "ramfs";
}

bool CacheDirectory::on_network() const {
  constexpr std::array<std::string_view, 7> kNetworks{"nfs", "cifs", "smb2", "9p", "ceph", "lustre", "afs"};
  return std::find(kNetworks.begin(), kNetworks.end(), filesystem) != kNetworks.end();
}

CacheDirectory inspect_directory(const std::string& path, const std::string& proc) {
  CacheDirectory directory;
  directory.path = path;
  std::error_code failed;
  fs::path existing = fs::absolute(path, failed);
  while (!fs::is_directory(existing, failed) && existing.has_relative_path())
    existing = existing.parent_path();
  struct statfs facts {};
  if (::statfs(existing.c_str(), &facts) != 0) return directory;
  directory.filesystem = filesystem_name(static_cast<std::uint32_t>(facts.f_type));
  directory.free = Bytes{facts.f_bavail} * static_cast<std::uint64_t>(facts.f_bsize);
  directory.direct_io = direct_io_works(existing.string());
  if (const fs::path real = fs::canonical(existing, failed); !failed)
    find_mount(directory, real.string(), proc);
  return directory;
}

Limits read_limits(const LimitSources& sources) {
  Limits limits;
  read_resource_limits(limits);
  const std::string meminfo = read_small_file(sources.proc + "/meminfo").value_or("");
  limits.memory_total = meminfo_line(meminfo, "MemTotal");
  limits.memory_available = meminfo_line(meminfo, "MemAvailable");
  limits.swap = meminfo_line(meminfo, "SwapTotal");
  limits.cgroup_memory = cgroup_memory(sources);
  limits.cgroup_cpus = cgroup_cpus(sources);
  limits.io_uring = io_uring_works();
  limits.huge_pages = read_huge_pages(sources);
  limits.cache_directory = inspect_directory(
      sources.cache_directory.empty() ? cache_folder() : sources.cache_directory, sources.proc);
  return limits;
}

}  // namespace cachebench::hardware

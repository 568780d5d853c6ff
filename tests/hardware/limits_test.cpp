// SPDX-License-Identifier: Apache-2.0
#include "hardware/limits.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <filesystem>

#include "support/temp_dir.h"

using namespace cachebench::hardware;
using cachebench::Bytes;
using cachebench::testing::TempDir;
using cachebench::testing::write_text;
namespace fs = std::filesystem;

namespace {

// A made-up /proc and /sys.
class Roots {
 public:
  [[nodiscard]] LimitSources sources() const {
    return {.proc = folder_ / "proc", .sys = folder_ / "sys", .cache_directory = folder_ / "cache/not/yet"};
  }
  void write(const std::string& path, const std::string& text) const { write_text(folder_ / path, text); }
  [[nodiscard]] const TempDir& folder() const { return folder_; }

 private:
  TempDir folder_;
};

}  // namespace

TEST_CASE("control groups: the tightest of this one and those above counts") {
  const Roots roots;
  roots.write("proc/self/cgroup", "0::/outer/inner\n");
  roots.write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  roots.write("sys/fs/cgroup/outer/inner/cpu.max", "150000 100000\n");
  roots.write("sys/fs/cgroup/outer/memory.max", "1073741824\n");
  roots.write("sys/fs/cgroup/outer/cpu.max", "max 100000\n");
  const Limits limits = read_limits(roots.sources());
  CHECK(limits.cgroup_memory == Bound{.bytes = cachebench::kGiB});
  CHECK(limits.cgroup_cpus == 1.5);
}

TEST_CASE("control groups without a limit, of version 1, and none at all") {
  const Roots none;
  CHECK_FALSE(read_limits(none.sources()).cgroup_memory.has_value());
  CHECK_FALSE(read_limits(none.sources()).cgroup_cpus.has_value());
  const Roots open;
  open.write("proc/self/cgroup", "0::/a\n");
  open.write("sys/fs/cgroup/a/memory.max", "max\n");
  open.write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  CHECK(read_limits(open.sources()).cgroup_memory->is_unlimited);
  CHECK_FALSE(read_limits(open.sources()).cgroup_cpus.has_value());
  const Roots old;
  old.write("proc/self/cgroup", "4:memory:/x\n3:cpu:/x\n");
  old.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "4096\n");
  old.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
  old.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  CHECK(read_limits(old.sources()).cgroup_memory == Bound{.bytes = Bytes{4096}});
  CHECK(read_limits(old.sources()).cgroup_cpus == 0.5);
  old.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  old.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  CHECK(read_limits(old.sources()).cgroup_memory->is_unlimited);
  CHECK_FALSE(read_limits(old.sources()).cgroup_cpus.has_value());
}

TEST_CASE("control groups of version 1: this process's own limit counts, not the root's alone") {
  const Roots roots;
  roots.write("proc/self/cgroup", "4:memory:/box/job\n3:cpu,cpuacct:/box\n");
  roots.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  roots.write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1073741824\n");
  roots.write("sys/fs/cgroup/memory/box/job/memory.limit_in_bytes", "9223372036854771712\n");
  roots.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  roots.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  roots.write("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "250000\n");
  roots.write("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
  CHECK(read_limits(roots.sources()).cgroup_memory == Bound{.bytes = cachebench::kGiB});
  CHECK(read_limits(roots.sources()).cgroup_cpus == 2.5);
}

TEST_CASE("malformed control group files are no limits") {
  const Roots roots;
  roots.write("proc/self/cgroup", "0::");
  roots.write("sys/fs/cgroup/cpu.max", "100000");
  roots.write("sys/fs/cgroup/memory.max", "lots\n");
  const Limits limits = read_limits(roots.sources());
  CHECK_FALSE(limits.cgroup_memory.has_value());
  CHECK_FALSE(limits.cgroup_cpus.has_value());
}

TEST_CASE("huge pages, reserved and transparent") {
  const Roots roots;
  CHECK_FALSE(read_limits(roots.sources()).huge_pages.total.has_value());
  roots.write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n");
  roots.write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "3\n");
  roots.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  const HugePages pages = read_limits(roots.sources()).huge_pages;
  CHECK(pages.size == cachebench::kMiB * 2);
  CHECK(pages.total == 8);
  CHECK(pages.free == 3);
  CHECK(pages.transparent == "madvise");
}

TEST_CASE("limits of this process are read live") {
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_MEMLOCK, &before) == 0);
  struct rlimit lower = before;
  lower.rlim_cur = 65536;
  REQUIRE(::setrlimit(RLIMIT_MEMLOCK, &lower) == 0);
  CHECK(read_limits({}).locked_memory == Bound{.bytes = Bytes{65536}});
  REQUIRE(::setrlimit(RLIMIT_MEMLOCK, &before) == 0);
  CHECK(read_limits({}).io_uring.has_value());
}

TEST_CASE("a cache folder that does not exist yet is judged by its parent, and nothing is left there") {
  const Roots roots;
  const CacheDirectory directory = inspect_directory(roots.folder() / "a/b/c");
  CHECK(directory.path == roots.folder() / "a/b/c");
  CHECK_FALSE(directory.filesystem.empty());
  CHECK(directory.free.has_value());
  CHECK(fs::is_empty(roots.folder().path()));
  CHECK(inspect_directory("").path.empty());
}

TEST_CASE("memory that is free, swap, and limits as they are") {
  const Roots roots;
  roots.write("proc/meminfo",
              "MemTotal: 8000 kB\nMemFree:  10 kB\nMemAvailable:    4096 kB\nSwapTotal: 0 kB\n");
  const Limits limits = read_limits(roots.sources());
  CHECK(limits.memory_total == cachebench::kKiB * 8000);
  CHECK(limits.memory_available == cachebench::kMiB * 4);
  CHECK(limits.swap == Bytes{0});
  CHECK(limits.address_space.has_value());
  REQUIRE(limits.locked_memory_hard.has_value());
  const Roots silent;
  silent.write("proc/meminfo", "NotMemAvailable: 5 kB\nSwapTotal:\n");
  CHECK_FALSE(read_limits(silent.sources()).memory_available.has_value());
  CHECK_FALSE(read_limits(silent.sources()).swap.has_value());
}

TEST_CASE("the mount of a folder is the closest one, the last of equals") {
  const Roots roots;
  const std::string folder = fs::canonical(roots.folder().path()).string();
  roots.write("proc/self/mountinfo",
              "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
              "21 20 0:5 / " +
                  folder +
                  " rw - tmpfs hidden rw\n"
                  "22 20 8:2 / " +
                  folder +
                  " rw master:2 - xfs /dev/disk\\040one rw\n"
                  "23 20 8:3 / " +
                  folder +
                  "elsewhere rw - ext4 /dev/sdb1 rw\n"
                  "broken line\n");
  const CacheDirectory found = inspect_directory(folder + "/not/yet", roots.sources().proc);
  CHECK(found.mount_point == folder);
  CHECK(found.mounted == "/dev/disk one");
  CHECK(inspect_directory("/", roots.sources().proc).mounted == "/dev/sda1");
  CHECK(inspect_directory("/", "/nonexistent").mount_point.empty());
}

TEST_CASE("what a file system's name says of the place") {
  const auto of = [](const char* type) {
    CacheDirectory directory;
    directory.filesystem = type;
    return directory;
  };
  CHECK(of("tmpfs").in_memory());
  CHECK_FALSE(of("ext4").in_memory());
  CHECK(of("nfs").on_network());
  CHECK(of("cifs").on_network());
  CHECK_FALSE(of("xfs").on_network());
}

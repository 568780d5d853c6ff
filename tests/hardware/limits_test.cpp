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

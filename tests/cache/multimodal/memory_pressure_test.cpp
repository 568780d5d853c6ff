// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/memory_pressure.h"

#include <doctest/doctest.h>

#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

// A machine as its files describe it.
struct Machine {
  testing::TempDir folder;
  void write(const std::string& path, const std::string& text) const {
    testing::write_text(folder.path() / path, text);
  }
  [[nodiscard]] MemoryPressure read() const {
    return SystemMemoryProbe({.proc = folder / "proc", .sys = folder / "sys"}).read();
  }
};

}  // namespace

TEST_CASE("a machine without control groups is as its own files say") {
  const Machine machine;
  CHECK(machine.read() == MemoryPressure{});
  machine.write("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:    4000000 kB\n");
  machine.write(
      "proc/pressure/memory",
      "some avg10=12.50 avg60=1.00 avg300=0.10 total=99\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
  const MemoryPressure read = machine.read();
  CHECK(read.waiting == 0.125);
  CHECK(read.total == Bytes{16'000'000ULL * 1024});
  CHECK(read.available_share() == 0.25);
}

TEST_CASE("the tightest group from this process's up to the root counts, in both versions") {
  const Machine machine;
  machine.write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 900 kB\n");
  machine.write("proc/self/cgroup", "0::/a/b\n");
  machine.write("sys/fs/cgroup/a/b/memory.max", "max\n");
  machine.write("sys/fs/cgroup/a/memory.max", "102400\n");
  machine.write("sys/fs/cgroup/a/memory.current", "92160\n");
  CHECK(machine.read().total == Bytes{102'400});
  CHECK(machine.read().available == Bytes{10'240});
  CHECK(machine.read().available_share() == doctest::Approx(0.1));
  machine.write("sys/fs/cgroup/a/memory.current", "999999999\n");  // above its limit for a moment
  CHECK(machine.read().available == Bytes{0});

  machine.write("proc/self/cgroup", "9:cpu,cpuacct:/x\n5:memory:/job\n");
  CHECK(machine.read().total == Bytes{1000 * 1024});
  machine.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "51200\n");
  machine.write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "1200\n");
  machine.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");  // none
  CHECK(machine.read().total == Bytes{51'200});
  CHECK(machine.read().available == Bytes{50'000});
}

TEST_CASE("pages of files that the kernel takes back first are room, not use") {
  const Machine machine;
  machine.write("proc/self/cgroup", "0::/a\n");
  machine.write("sys/fs/cgroup/a/memory.max", "1000\n");
  machine.write("sys/fs/cgroup/a/memory.current", "950\n");
  CHECK(machine.read().available == Bytes{50});
  machine.write("sys/fs/cgroup/a/memory.stat", "anon 200\nactive_file 50\ninactive_file 700\n");
  CHECK(machine.read().available == Bytes{750});
  machine.write("sys/fs/cgroup/a/memory.stat", "inactive_file 5000\n");  // read a moment later
  CHECK(machine.read().available == Bytes{1000});
  machine.write("sys/fs/cgroup/a/memory.stat", "total_inactive_file 700\ninactive_file lots\n");
  CHECK(machine.read().available == Bytes{50});

  machine.write("proc/self/cgroup", "5:memory:/job\n");
  machine.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1000\n");
  machine.write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "900\n");
  machine.write("sys/fs/cgroup/memory/job/memory.stat", "inactive_file 1\ntotal_inactive_file 300\n");
  CHECK(machine.read().available == Bytes{400});
}

TEST_CASE("what cannot be understood is absent") {
  const Machine machine;
  machine.write("proc/pressure/memory", "some avg10=nan avg60=0\n");
  machine.write("proc/meminfo", "MemTotal: many kB\nMemAvailable: -3 kB\n");
  machine.write("proc/self/cgroup", "::\n0\nx:y\n");
  machine.write("sys/fs/cgroup/memory.max", "what\n");
  CHECK(machine.read() == MemoryPressure{});
  machine.write("proc/pressure/memory", "some avg10=300.0\n");
  machine.write("proc/meminfo", "MemTotal: 99999999999999999999 kB\n");
  CHECK(machine.read() == MemoryPressure{});
  CHECK_FALSE(MemoryPressure{.waiting = {}, .total = Bytes{0}, .available = Bytes{0}}.available_share());
}

TEST_CASE("this machine can be asked") {
  const MemoryPressure here = SystemMemoryProbe().read();
  if (const auto share = here.available_share()) {
    CHECK(*share >= 0);
    CHECK(*share <= 1);
  }
  if (here.waiting) CHECK(*here.waiting <= 1);
}

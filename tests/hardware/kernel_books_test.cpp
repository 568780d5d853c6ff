// SPDX-License-Identifier: Apache-2.0
#include "hardware/kernel_books.h"

#include <doctest/doctest.h>

#include "support/temp_dir.h"

using namespace cachebench::hardware;
using cachebench::Bytes;
using cachebench::testing::TempDir;
using cachebench::testing::write_text;

using Folders = std::vector<std::string>;

TEST_CASE("a line of the memory's book is found at its beginning alone") {
  const std::string book =
      "NotMemTotal: 1 kB\nMemTotal:     8 kB\nSwapTotal:\nMemFree: x kB\nHuge: 99999999999999999 kB\n";
  CHECK(meminfo_line(book, "MemTotal") == Bytes{8192});
  CHECK(meminfo_line(book, "NotMemTotal") == Bytes{1024});
  for (const char* none : {"Total", "SwapTotal", "MemFree", "Huge", "Absent"})
    CHECK(!meminfo_line(book, none));
  CHECK(!meminfo_line("", "MemTotal"));
  CHECK(number_of_line("file 1\ninactive_file 7\n", "inactive_file") == 7);
  CHECK(!number_of_line("total_inactive_file 7\n", "inactive_file"));
}

TEST_CASE("a share of waits is one of the last ten seconds") {
  const TempDir root;
  const std::string proc = root / "proc";
  CHECK(!pressure_share(proc, "cpu"));
  write_text(root / "proc/pressure/cpu", "some avg10=12.50 avg60=0.00\nfull avg10=1.00 avg60=0.00\n");
  CHECK(pressure_share(proc, "cpu") == doctest::Approx(0.125));
  CHECK(!pressure_share(proc, "memory"));
  for (const char* broken : {"", "some", "some avg10=", "some avg10=x avg60", "some avg10=101 ",
                             "some avg10=nan ", "full avg10=1.00"}) {
    CAPTURE(broken);
    write_text(root / "proc/pressure/cpu", broken);
    CHECK(!pressure_share(proc, "cpu"));
  }
}

TEST_CASE("the groups of a process, from its own up to the root, in either version") {
  const TempDir root;
  const std::string proc = root / "proc";
  CHECK(group_folders(proc, "/s", GroupVersion::kTwo, "memory") == Folders{"/s/fs/cgroup"});
  write_text(root / "proc/self/cgroup",
             "12:pids:/elsewhere\n4:cpu,cpuacct:/a\n3:memory:/a/b\n0::/c/d\nbroken\n");
  CHECK(group_folders(proc, "/s", GroupVersion::kTwo, "memory") ==
        Folders{"/s/fs/cgroup/c/d", "/s/fs/cgroup/c", "/s/fs/cgroup"});
  CHECK(group_folders(proc, "/s", GroupVersion::kOne, "memory") ==
        Folders{"/s/fs/cgroup/memory/a/b", "/s/fs/cgroup/memory/a", "/s/fs/cgroup/memory"});
  CHECK(group_folders(proc, "/s", GroupVersion::kOne, "cpu") ==
        Folders{"/s/fs/cgroup/cpu/a", "/s/fs/cgroup/cpu"});
  CHECK(group_folders(proc, "/s", GroupVersion::kOne, "pu") == Folders{"/s/fs/cgroup/pu"});
}

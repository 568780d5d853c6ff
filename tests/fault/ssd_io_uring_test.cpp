// SPDX-License-Identifier: Apache-2.0
//
// A kernel or container without io_uring: the plane goes on with threads and says so.
#include <doctest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "support/temp_dir.h"
#include "tier/ssd/ssd_plane.h"
#include "tier/ssd/test_records.h"

using namespace cachebench;
using namespace cachebench::tier;
using namespace cachebench::testing;

namespace {

constexpr const char* kVariable = "CACHEBENCH_SSD_NO_IO_URING";

// As a container's profile does it.
bool refuse_io_uring() {
  constexpr unsigned kRefusal = SECCOMP_RET_ERRNO | EPERM;
  std::array<sock_filter, 4> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kRefusal),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{.len = filter.size(), .filter = filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// 0 when all was as it should be, 77 where the filter cannot be set.
int check_without_io_uring(const std::string& directory) {
  if (!refuse_io_uring()) return 77;
  {
    const auto plane = make_ssd_plane({.directory = directory, .capacity = kMiB});
    bool said = false;
    for (const std::string& note : plane->stats().notes) {
      said = said || note.find("io_uring is not available (Operation not permitted)") != std::string::npos;
    }
    if (!said) return 2;
    const auto data = record_bytes(5);
    const auto block = plane->allocate(Bytes{data.size()});
    if (plane->write(*block, info_of(5), data).wait().status != TransferStatus::kDone) return 3;
    std::vector<std::byte> back(data.size());
    if (plane->read(*block, back).wait().status != TransferStatus::kDone || !holds(back, 5)) return 4;
  }
  try {
    const auto forced = make_ssd_plane({.directory = directory, .capacity = kMiB, .io = "io_uring"});
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kEnvironment ? 0 : 5;
  }
  return 6;
}

}  // namespace

TEST_CASE("ssd no io_uring child" * doctest::skip()) {
  const char* directory = std::getenv(kVariable);
  if (directory != nullptr) std::_Exit(check_without_io_uring(directory));
}

TEST_CASE("without io_uring the plane uses threads and says so; asked for by name, it is an error") {
  const TempDir dir;
  const std::string store = dir / "s";
  const pid_t child = fork();
  if (child == 0) {
    setenv(kVariable, store.c_str(), 1);
    execl("/proc/self/exe", "child", "--test-case=ssd no io_uring child", "--no-skip", nullptr);
    std::_Exit(127);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) {
    MESSAGE("skipped: system calls cannot be filtered here");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}

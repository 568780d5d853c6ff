// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/io_engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/nearest.h"

namespace cachebench::tier {

void check_io_engine_name(const std::string& name) {
  const std::vector<std::string> known{"auto", "io_uring", "threads"};
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw Error(ErrorKind::kUsage, unknown_name("I/O engine", name, known));
  }
}

std::unique_ptr<IoEngine> make_io_engine(const std::string& name, int fd, unsigned depth,
                                         std::vector<std::string>& notes) {
  check_io_engine_name(name);
  std::string reason = "is switched off";
  if (name != "threads") {
    std::string why_not;
    if (auto engine = make_io_uring_engine(fd, depth, why_not)) return engine;
    if (name == "io_uring") throw Error(ErrorKind::kEnvironment, "io_uring is not available: " + why_not);
    reason = "is not available (" + why_not + ")";
  }
  notes.push_back(
      fmt::format("io_uring {}: the SSD tier uses {} threads", reason, std::min(depth, kMaxIoThreads)));
  return make_thread_io_engine(fd, depth);
}

}  // namespace cachebench::tier

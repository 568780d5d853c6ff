// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "tier/ssd/engine_cases.h"

using namespace cachebench;

TEST_CASE("the io_uring engine does what an engine promises") {
  std::string why_not;
  const auto make = [&](int fd, unsigned depth) { return tier::make_io_uring_engine(fd, depth, why_not); };
  if (make(0, 1) == nullptr) {
    MESSAGE("skipped: io_uring is not available here: ", why_not);
    CHECK_FALSE(why_not.empty());
    return;
  }
  testing::check_engine(make);
  testing::check_engine_errors(make);
}

// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/engine_cases.h"

using namespace cachebench;

TEST_CASE("the thread engine does what an engine promises") {
  testing::check_engine([](int fd, unsigned depth) { return tier::make_thread_io_engine(fd, depth); });
  testing::check_engine_errors([](int fd, unsigned depth) { return tier::make_thread_io_engine(fd, depth); });
}

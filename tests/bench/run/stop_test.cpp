// SPDX-License-Identifier: Apache-2.0
#include "bench/run/stop.h"

#include <doctest.h>

#include <csignal>

namespace cachebench::bench {
namespace {

TEST_CASE("a signal requests a stop while someone listens") {
  StopToken token;
  {
    const SignalStop listening(token);
    CHECK_FALSE(token.requested());
    std::raise(SIGTERM);
    CHECK(token.requested());
    CHECK(token.reason() == SIGTERM);
  }
  StopToken second;
  const SignalStop again(second);  // one after the other is fine
  std::raise(SIGINT);
  CHECK(second.reason() == SIGINT);
}

}  // namespace
}  // namespace cachebench::bench

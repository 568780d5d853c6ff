// SPDX-License-Identifier: Apache-2.0
#include "policy/prefetch.h"

#include <doctest.h>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("no prefetch proposes nothing") {
  const auto prefetch = make_prefetch({"none", {}});
  std::vector<EntryId> proposed;
  for (std::uint32_t i = 0; i < 10; ++i) prefetch->on_access(EntryId{i % 3}, {});
  prefetch->propose({}, proposed);
  CHECK(proposed.empty());
}

TEST_CASE("unknown prefetch policies and parameters") {
  CHECK_THROWS_WITH_AS(static_cast<void>(make_prefetch({"non", {}})), doctest::Contains("none"), Error);
  CHECK_THROWS_AS(static_cast<void>(make_prefetch({"none", {{"depth", 2.0}}})), Error);
}

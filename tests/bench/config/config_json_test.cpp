// SPDX-License-Identifier: Apache-2.0
#include "bench/config/config_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace cachebench::bench {
namespace {

TEST_CASE("durations read back as they were, in the largest unit that says them") {
  CHECK(exact_duration(Nanoseconds{3'000'000'000}) == "3s");
  CHECK(exact_duration(Nanoseconds{1'500'000'000}) == "1500ms");
  for (const std::int64_t ns : {1LL, 999LL, 1'000LL, 10'001'000LL, 86'400'000'000'000LL}) {
    CHECK(parse_duration(exact_duration(Nanoseconds{ns})) == Nanoseconds{ns});
  }
}

TEST_CASE("sizes read back as they were, shares of any size too") {
  CHECK(size_json({.absolute = Bytes{4096}}) == 4096);
  for (const double share : {0.1, 0.25, 1e-3}) {
    const SizeSpec size{.absolute = {}, .share = share, .is_share = true};
    CHECK(parse_size(size_json(size).get<std::string>()) == size);
  }
}

TEST_CASE("a policy's parameters stand beside its name") {
  CHECK(variant_json({.name = "lru", .values = {{"a", 1.0}}}).dump() == R"({"policy":"lru","a":1.0})");
}

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "bench/config/schema.h"

namespace cachebench::bench {
namespace {

detail::Refusal refusal(const char* text) {
  return detail::validate(nlohmann::ordered_json::parse(text));
}

TEST_CASE("a refusal points to the deepest value that is wrong") {
  CHECK_FALSE(refusal("{}").refused);
  CHECK_FALSE(refusal(R"({"trace": {"path": "x"}})").refused);
  const detail::Refusal deep = refusal(R"({"cache": {"tiers": [{}, {"pin_memory": "yes"}]}})");
  CHECK(deep.refused);
  CHECK(deep.path == std::vector<std::string>{"cache", "tiers", "1", "pin_memory"});
  CHECK_FALSE(deep.reason.empty());
  CHECK(refusal(R"({"seed": 1.5})").path == std::vector<std::string>{"seed"});
  CHECK(refusal(R"({"seed": 18446744073709551615})").refused);
}

}  // namespace
}  // namespace cachebench::bench

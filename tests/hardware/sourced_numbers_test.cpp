// SPDX-License-Identifier: Apache-2.0
#include "hardware/sourced_numbers.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "hardware/sourced_profile.h"

using namespace cachebench;
using namespace cachebench::hardware;
using testing::Json;
using testing::sourced;

namespace {

const SourcedNumbers kHalves{.key = "halves",
                             .is_name = [](const std::string& name) { return name.starts_with("h."); },
                             .names = "a name begins with h.",
                             .is_value = [](double value) { return std::floor(value * 2) == value * 2; },
                             .values = "half"};

std::map<std::string, double> read_halves(const std::string& path, const Json& document) {
  return read_sourced_numbers(path, document, kHalves);
}

}  // namespace

TEST_CASE("numbers are read by name, and there need not be any") {
  CHECK(read_halves("p.json", {{"halves", {{"h.a", sourced(1.5)}, {"h.b", sourced(-2)}}}, {"other", 3}}) ==
        std::map<std::string, double>{{"h.a", 1.5}, {"h.b", -2}});
  CHECK(read_halves("p.json", Json::object()).empty());
  CHECK(read_halves("p.json", {{"halves", Json::object()}}).empty());
}

TEST_CASE("what is no object, has another name, no number, no source or more is refused") {
  const auto refused = [](const Json& object) { return testing::is_refused(read_halves, "halves", object); };
  CHECK(refused(Json::array()));
  CHECK(refused(nullptr));
  CHECK(refused({{"x", sourced(1)}}));
  CHECK(refused({{"h.a", 1}}));
  CHECK(refused({{"h.a", sourced(0.25)}}));
  CHECK(refused({{"h.a", sourced(std::numeric_limits<double>::quiet_NaN())}}));
  CHECK(refused({{"h.a", {{"value", "1"}, {"source", "measured"}}}}));
  CHECK(refused({{"h.a", {{"value", 1}}}}));
  CHECK(refused({{"h.a", {{"value", 1}, {"source", ""}}}}));
  CHECK(refused({{"h.a", {{"value", 1}, {"source", 2}}}}));
  CHECK(refused({{"h.a", {{"value", 1}, {"source", "measured"}, {"more", 1}}}}));
}

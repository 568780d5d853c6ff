// SPDX-License-Identifier: Apache-2.0
#include "bench/run/lookup_class.h"

#include <doctest/doctest.h>

#include <string>

using namespace cachebench::bench;

TEST_CASE("a look-up without anything special is a usual one") {
  CHECK(LookupTraits{}.only() == LookupClass::kUsual);
  CHECK(LookupTraits{}.last() == LookupClass::kUsual);
  for (const bool is_one : LookupTraits{}.all()) CHECK_FALSE(is_one);
}

TEST_CASE("one that belongs to several classes is measured for none") {
  const LookupTraits both{.is_first = true, .is_similar = true};
  CHECK_FALSE(both.only().has_value());
  CHECK(both.last() == LookupClass::kSimilar);
  CHECK(both.all()[static_cast<std::size_t>(LookupClass::kFirst)]);
  CHECK(both.all()[static_cast<std::size_t>(LookupClass::kSimilar)]);
}

TEST_CASE("that an entry was looked up a moment ago matters where nothing else does") {
  CHECK(LookupTraits{.is_repeated = true}.only() == LookupClass::kRepeated);
  CHECK(LookupTraits{.is_early = true, .is_repeated = true}.only() == LookupClass::kEarly);
  CHECK(LookupTraits{.is_first = true, .is_repeated = true}.only() == LookupClass::kFirst);
  CHECK(LookupTraits{.is_repeated = true, .is_promoting = true}.only() == LookupClass::kPromoting);
  CHECK(LookupTraits{.is_repeated = true, .is_similar = true}.only() == LookupClass::kSimilar);
}

TEST_CASE("every class has a name of its own") {
  CHECK(std::string(name_of(LookupClass::kUsual)) == "usual");
  CHECK(std::string(name_of(LookupClass::kEarly)) == "early");
  CHECK(std::string(name_of(LookupClass::kSimilar)) == "similar");
}

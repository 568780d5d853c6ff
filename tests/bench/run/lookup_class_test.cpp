// SPDX-License-Identifier: Apache-2.0
#include "bench/run/lookup_class.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cachebench;
using namespace cachebench::bench;

namespace {

hardware::Profile profile_with(const hardware::PolicyExtras& extras) {
  hardware::Profile profile;
  profile.policy_extras = extras;
  return profile;
}

}  // namespace

TEST_CASE("a look-up without anything special is a usual one, and takes nothing more") {
  CHECK(LookupTraits{}.only() == LookupClass::kUsual);
  const LookupExtras extras(
      profile_with({{"lookup.first", Nanoseconds{7}}, {"lookup.usual", Nanoseconds{9}}}), {});
  CHECK(extras.of({}) == Nanoseconds{0});
}

TEST_CASE("one that belongs to several classes is measured for none, and takes what each of them adds") {
  const LookupTraits both{.is_first = true, .is_similar = true};
  CHECK_FALSE(both.only().has_value());
  const LookupExtras extras(profile_with({{"lookup.first", Nanoseconds{700}},
                                          {"lookup.similar", Nanoseconds{3'000}},
                                          {"lookup.promoting", Nanoseconds{50}}}),
                            {});
  CHECK(extras.of(both) == Nanoseconds{3'700});
  CHECK(extras.of({.is_promoting = true}) == Nanoseconds{50});
}

TEST_CASE("that an entry was looked up a moment ago matters where nothing else does") {
  const LookupExtras extras(
      profile_with({{"lookup.repeated", Nanoseconds{-100}}, {"lookup.early", Nanoseconds{80}}}), {});
  CHECK(LookupTraits{.is_repeated = true}.only() == LookupClass::kRepeated);
  CHECK(extras.of({.is_repeated = true}) == Nanoseconds{-100});
  const LookupTraits early{.is_early = true, .is_repeated = true};
  CHECK(early.only() == LookupClass::kEarly);
  CHECK(extras.of(early) == Nanoseconds{80});
  CHECK(LookupTraits{.is_first = true, .is_repeated = true}.only() == LookupClass::kFirst);
  CHECK(LookupTraits{.is_repeated = true, .is_promoting = true}.only() == LookupClass::kPromoting);
  CHECK(LookupTraits{.is_repeated = true, .is_similar = true}.only() == LookupClass::kSimilar);
}

TEST_CASE("the policies of a run add their own to each class") {
  const auto profile = profile_with({{"lookup.first", Nanoseconds{700}},
                                     {"lookup.first.multimodal", Nanoseconds{30}},
                                     {"lookup.first.migration.none", Nanoseconds{-10}},
                                     {"lookup.multimodal", Nanoseconds{1}}});
  const LookupTraits first{.is_first = true};
  const std::vector<std::string> variants{"migration.none", "multimodal"};
  CHECK(LookupExtras(profile, variants).of(first) == Nanoseconds{720});
  CHECK(LookupExtras(profile, {}).of(first) == Nanoseconds{700});
}

TEST_CASE("every class has a name of its own") {
  CHECK(std::string(name_of(LookupClass::kUsual)) == "usual");
  CHECK(std::string(name_of(LookupClass::kEarly)) == "early");
  CHECK(std::string(name_of(LookupClass::kSimilar)) == "similar");
}

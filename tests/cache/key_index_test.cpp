// SPDX-License-Identifier: Apache-2.0
#include "cache/key_index.h"

#include <doctest/doctest.h>

#include <unordered_map>

#include "core/rng.h"

namespace cachebench::cache {
namespace {

TEST_CASE("the index agrees with std::unordered_map on random keys and on plain integers") {
  for (const std::uint64_t range : {std::uint64_t{50}, std::uint64_t{5'000}, UINT64_MAX}) {
    KeyIndex index;
    std::unordered_map<Key, EntryId> reference;
    Rng rng(range);
    for (int step = 0; step < 20'000; ++step) {
      const Key key{rng.below(2), rng.below(range)};
      const auto known = reference.find(key);
      REQUIRE(index.find(key) == (known == reference.end() ? kNoEntry : known->second));
      if (rng.below(2) == 0) continue;
      const auto added = reference.emplace(key, static_cast<EntryId>(reference.size())).first;
      REQUIRE(index.add(key) == added->second);
    }
    REQUIRE(index.size() == reference.size());
    for (const auto& [key, id] : reference) CHECK(index.find(key) == id);
  }
}

TEST_CASE("keys that differ in one half only are told apart, the zero key included") {
  KeyIndex index;
  CHECK(index.find({0, 0}) == kNoEntry);
  const EntryId zero = index.add({0, 0});
  const EntryId high = index.add({1, 0});
  const EntryId low = index.add({0, 1});
  CHECK(index.find({0, 0}) == zero);
  CHECK(index.find({1, 0}) == high);
  CHECK(index.find({0, 1}) == low);
  CHECK(index.size() == 3);
}

}  // namespace
}  // namespace cachebench::cache

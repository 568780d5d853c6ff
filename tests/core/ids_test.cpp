// SPDX-License-Identifier: Apache-2.0
#include "core/ids.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

using namespace cachebench;

TEST_CASE("every artefact kind has a name of its own") {
  std::set<std::string> names;
  for (int i = 0; i < kArtefactKinds; ++i) names.insert(name_of(static_cast<ArtefactKind>(i)));
  CHECK(names.size() == kArtefactKinds);
  CHECK(names.contains("kv_block"));
}

TEST_CASE("levels count from the device downwards") {
  for (std::size_t i = 0; i < kMaxTiers; ++i) CHECK(index_of(level_at(i)) == i);
  CHECK(level_at(0) == Level::kL1);
  CHECK(level_at(2) == Level::kL3);
}

TEST_CASE("keys order by their high half first, and plain integers spread over a table") {
  CHECK(Key{0, 9} < Key{1, 0});
  constexpr std::size_t kBuckets = 1024;
  std::vector<int> load(kBuckets);
  for (std::uint64_t i = 0; i < 64 * kBuckets; ++i) ++load[std::hash<Key>{}(Key{0, i}) % kBuckets];
  for (const int count : load) CHECK(count < 128);
}

// SPDX-License-Identifier: Apache-2.0
#include "cache/directory.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

using testing::entry_of;

TEST_CASE("entries keep their ids and what they were first said to be") {
  Directory directory;
  const EntryId a = directory.intern(entry_of(1, 100));
  const EntryId b = directory.intern(entry_of(2, 200));
  CHECK(index_of(a) == 0);
  CHECK(index_of(b) == 1);
  CHECK(directory.intern(entry_of(1, 999)) == a);
  CHECK(directory[a].what.bytes == Bytes{100});
  CHECK(directory.size() == 2);
  CHECK(directory.find(Key{1, 2}) == b);
  CHECK(directory.find(Key{1, 3}) == kNoEntry);
  CHECK(directory[a].copies.empty());
  CHECK(directory[a].absent == MissCause::kCold);
}

TEST_CASE("the cost of an entry found on a plane is learnt from who asks for it") {
  Directory directory;
  EntryDescription found = entry_of(1, 100);
  found.recompute = Nanoseconds{0};
  const EntryId id = directory.intern(found);
  CHECK(directory.intern(entry_of(1, 100)) == id);
  CHECK(directory[id].what.recompute == Nanoseconds{1'000'000});
}

TEST_CASE("references to entries outlive growth") {
  Directory directory;
  const Entry& first = directory[directory.intern(entry_of(0, 1))];
  for (std::uint64_t i = 1; i < 10'000; ++i) directory.intern(entry_of(i, i));
  CHECK(first.what.key == Key{1, 0});
}

TEST_CASE("every miss cause has a name of its own") {
  std::set<std::string> names;
  for (int i = 0; i < kMissCauses; ++i) names.insert(name_of(static_cast<MissCause>(i)));
  CHECK(names.size() == kMissCauses);
  CHECK(names.count("not_admitted") == 1);
}

}  // namespace
}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#include "policy/indexed_heap.h"

#include <doctest.h>

#include <map>
#include <set>
#include <utility>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

using TestKey = std::pair<std::uint64_t, std::uint64_t>;

// The same as an ordered set: slow and obvious.
struct SlowHeap {
  std::set<std::pair<TestKey, std::uint32_t>> order;
  std::map<std::uint32_t, TestKey> keys;

  void set(std::uint32_t id, TestKey key) {
    erase(id);
    keys[id] = key;
    order.insert({key, id});
  }
  void erase(std::uint32_t id) {
    const auto found = keys.find(id);
    if (found == keys.end()) return;
    order.erase({found->second, id});
    keys.erase(found);
  }
  [[nodiscard]] EntryId first_unpinned(const PinSet& pins) const {
    for (const auto& [key, id] : order) {
      if (!pins.is_pinned(EntryId{id})) return EntryId{id};
    }
    return kNoEntry;
  }
};

template <std::size_t kArity>
void compare_with_ordered_set(std::uint64_t seed) {
  constexpr std::uint32_t kIds = 60;
  IndexedHeap<TestKey, kArity> heap;
  if (seed % 2 == 0) heap.reserve(kIds);
  SlowHeap slow;
  PinSet pins;
  const PinSet none;
  Rng rng(seed);
  for (std::uint64_t now = 0; now < 20'000; ++now) {
    const auto id = static_cast<std::uint32_t>(rng.below(kIds));
    const EntryId entry{id};
    const TestKey key{rng.below(40), now};
    REQUIRE(heap.contains(entry) == slow.keys.contains(id));
    switch (rng.below(8)) {
      case 0:
      case 1:
        if (heap.contains(entry)) {
          heap.update(entry, key);
        } else {
          heap.push(entry, key);
        }
        slow.set(id, key);
        break;
      case 2:
      case 3:
        if (!heap.contains(entry)) break;
        heap.raise(entry, {slow.keys[id].first + key.first, now});
        slow.set(id, {slow.keys[id].first + key.first, now});
        REQUIRE(heap.key(entry) == slow.keys[id]);
        break;
      case 4:
        if (!heap.contains(entry)) break;
        heap.erase(entry);
        slow.erase(id);
        break;
      case 5:
        if (heap.empty()) break;
        slow.erase(index_of(heap.top()));
        heap.erase(heap.top());
        break;
      case 6:
        pins.pin(entry);
        REQUIRE(heap.first_unpinned(pins) == slow.first_unpinned(pins));
        if (rng.below(30) == 0) pins = PinSet{};
        break;
      default:
        REQUIRE(heap.top() == slow.first_unpinned(none));
    }
    REQUIRE(heap.size() == slow.keys.size());
    REQUIRE(heap.empty() == slow.keys.empty());
  }
  while (!heap.empty()) {
    const EntryId top = heap.top();
    REQUIRE(top == slow.first_unpinned(none));
    heap.erase(top);
    slow.erase(index_of(top));
  }
  CHECK(slow.keys.empty());
  CHECK(heap.top() == kNoEntry);
}

}  // namespace

TEST_CASE("an indexed heap against an ordered set, at several arities") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    compare_with_ordered_set<2>(seed);
    compare_with_ordered_set<4>(seed);
    compare_with_ordered_set<8>(seed);
  }
}

TEST_CASE("an indexed heap with every member pinned has no first") {
  IndexedHeap<std::uint64_t> heap;
  PinSet pins;
  CHECK(heap.first_unpinned(pins) == kNoEntry);
  for (std::uint32_t id = 0; id < 10; ++id) {
    heap.push(EntryId{id}, 100 - id);
    pins.pin(EntryId{id});
  }
  CHECK(heap.first_unpinned(pins) == kNoEntry);
  pins.unpin(EntryId{3});
  CHECK(heap.first_unpinned(pins) == EntryId{3});
  CHECK(heap.top() == EntryId{9});
}

TEST_CASE("a removal at the top and a push into its hole keep the order") {
  IndexedHeap<std::uint64_t> heap;
  for (std::uint32_t id = 0; id < 5; ++id) heap.push(EntryId{id}, 10 * id);
  heap.erase(EntryId{0});
  CHECK(heap.size() == 4);
  CHECK_FALSE(heap.contains(EntryId{0}));
  heap.push(EntryId{7}, 25);
  CHECK(heap.top() == EntryId{1});
  heap.erase(EntryId{1});
  heap.update(EntryId{4}, 5);  // with the hole still open
  CHECK(heap.top() == EntryId{4});
  heap.erase(EntryId{4});
  heap.erase(EntryId{2});
  CHECK(heap.top() == EntryId{7});
}

TEST_CASE("keys may be rescaled in place") {
  IndexedHeap<std::uint64_t> heap;
  for (std::uint32_t id = 0; id < 20; ++id) heap.push(EntryId{id}, (7 * id) % 20);
  heap.raise(EntryId{0}, 30);  // not yet moved
  heap.transform([](std::uint64_t key) { return 3 * key + 1; });
  CHECK(heap.key(EntryId{0}) == 91);
  for (std::uint64_t key = 1; key < 20; ++key) {
    const EntryId top = heap.top();
    CHECK((7 * index_of(top)) % 20 == key);
    CHECK(heap.key(top) == 3 * key + 1);
    heap.erase(top);
  }
  CHECK(heap.top() == EntryId{0});
}

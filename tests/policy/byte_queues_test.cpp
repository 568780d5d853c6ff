// SPDX-License-Identifier: Apache-2.0
#include "policy/byte_queues.h"

#include <doctest.h>

#include <array>
#include <list>
#include <map>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

std::list<std::uint32_t> from_the_back(const ByteQueues& queues, unsigned queue) {
  std::list<std::uint32_t> result;
  for (EntryId id = queues.back(queue); id != kNoEntry; id = queues.previous(id))
    result.push_back(index_of(id));
  return result;
}

}  // namespace

TEST_CASE("byte queues against lists of ids and a table of sizes") {
  ByteQueues queues(0);
  std::array<std::list<std::uint32_t>, 4> lines;  // the oldest first
  std::map<std::uint32_t, unsigned> place;
  std::map<std::uint32_t, std::uint64_t> sizes;
  Rng rng(3);
  for (int i = 0; i < 20'000; ++i) {
    const auto id = static_cast<std::uint32_t>(rng.below(60));
    const auto queue = static_cast<unsigned>(1 + rng.below(3));
    const std::uint64_t bytes = rng.below(1'000);
    const std::uint64_t what = rng.below(10);
    if (place[id] == 0) {
      queues.push_front(queue, EntryId{id}, Bytes{bytes});
      sizes[id] = bytes;
      place[id] = queue;
      lines[queue].push_back(id);
    } else if (what < 2) {
      queues.erase(EntryId{id});
      lines[place[id]].remove(id);
      place[id] = 0;
    } else if (what < 5) {
      queues.resize(EntryId{id}, Bytes{bytes});
      sizes[id] = bytes;
    } else {
      queues.move_to_front(queue, EntryId{id});
      lines[place[id]].remove(id);
      lines[queue].push_back(id);
      place[id] = queue;
    }
    REQUIRE(queues.queue_of(EntryId{id}) == place[id]);
    for (const unsigned q : {1U, 2U, 3U}) {
      std::uint64_t sum = 0;
      for (const std::uint32_t member : lines[q]) sum += sizes[member];
      REQUIRE(queues.bytes(q) == sum);
      REQUIRE(queues.empty(q) == lines[q].empty());
      REQUIRE(from_the_back(queues, q) == lines[q]);
    }
  }
}

TEST_CASE("a retired entry becomes a ghost, the oldest ghosts make room") {
  ByteQueues queues(10);
  for (std::uint32_t id = 0; id < 4; ++id) {
    queues.push_front(1, EntryId{id}, Bytes{4});
    queues.retire(EntryId{id}, 2, 10);
  }
  CHECK(from_the_back(queues, 2) == std::list<std::uint32_t>{2, 3});
  CHECK(queues.queue_of(EntryId{0}) == ByteQueues::kNowhere);
  queues.push_front(1, EntryId{9}, Bytes{11});
  queues.retire(EntryId{9}, 2, 10);  // larger than all ghosts together
  CHECK(queues.queue_of(EntryId{9}) == ByteQueues::kNowhere);
  CHECK(from_the_back(queues, 2) == std::list<std::uint32_t>{2, 3});
  CHECK_FALSE(queues.take(1, EntryId{2}));
  CHECK(queues.take(2, EntryId{2}));
  CHECK_FALSE(queues.take(2, EntryId{2}));
  CHECK_FALSE(queues.take(2, EntryId{4'000'000}));
}

TEST_CASE("a count stays with its entry and stops at its end") {
  ByteQueues queues(0);
  queues.push_front(1, EntryId{5}, Bytes{7});
  CHECK(queues.count(EntryId{5}) == 0);
  queues.set_count(EntryId{5}, 3);
  queues.move_to_front(2, EntryId{5});
  queues.resize(EntryId{5}, Bytes{1'000'000'000'000});
  CHECK(queues.count(EntryId{5}) == 3);
  CHECK(queues.bytes_of(EntryId{5}) == 1'000'000'000'000);
  queues.set_count(EntryId{5}, 99);
  CHECK(queues.count(EntryId{5}) == ByteQueues::kMostCount);
  queues.erase(EntryId{5});
  queues.push_front(1, EntryId{5}, Bytes{UINT64_MAX});
  CHECK(queues.count(EntryId{5}) == 0);
  CHECK(queues.bytes_of(EntryId{5}) == (std::uint64_t{1} << 56U) - 1);
  CHECK(queues.bytes(1) == queues.bytes_of(EntryId{5}));
}

TEST_CASE("shares are rounded down as their decimal digits say") {
  CHECK(share_of(Bytes{300}, 0.1) == 30);
  CHECK(share_of(Bytes{100}, 0.29) == 29);
  CHECK(share_of(Bytes{305}, 1 - 0.1) == 274);
  CHECK(share_of(Bytes{9}, 0.1) == 0);
  CHECK(share_of(Bytes{48}, 0) == 0);
  CHECK(share_of(Bytes{48}, 1) == 48);
  CHECK(share_of(Bytes{48}, 2.5) == 120);
  CHECK(share_of(Bytes{10'000'000'000'000'000'000ULL}, 0.9) == 9'000'000'000'000'000'000ULL);
}

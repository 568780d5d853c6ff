// SPDX-License-Identifier: Apache-2.0
#include "policy/segmented_lru.h"

#include <doctest.h>

using namespace cachebench;
using namespace cachebench::policy;

namespace {

void enter(ByteQueues& queues, const SegmentedLru& segments, std::uint32_t id, std::uint64_t bytes = 1) {
  queues.push_front(segments.queue_for(bytes), EntryId{id}, Bytes{bytes});
}

}  // namespace

TEST_CASE("entries fill segments from below, and the lowest takes what fits nowhere") {
  ByteQueues queues(0);
  SegmentedLru segments(queues, 4, {2, 1});
  for (std::uint32_t id = 0; id < 4; ++id) enter(queues, segments, id);
  CHECK(queues.queue_of(EntryId{1}) == 4);
  CHECK(queues.queue_of(EntryId{2}) == 5);
  CHECK(queues.queue_of(EntryId{3}) == 4);
  CHECK(segments.overflows());
  CHECK(segments.bytes() == 4);
  CHECK(segments.queue_for(UINT64_MAX) == 4);
}

TEST_CASE("a use lifts an entry one segment and sinks the oldest there") {
  ByteQueues queues(0);
  SegmentedLru segments(queues, 1, {3, 1, 1});
  for (std::uint32_t id = 0; id < 3; ++id) enter(queues, segments, id);
  segments.on_hit(EntryId{0}, Bytes{1});
  CHECK(queues.queue_of(EntryId{0}) == 2);
  segments.on_hit(EntryId{1}, Bytes{1});
  CHECK(queues.queue_of(EntryId{1}) == 2);
  CHECK(queues.queue_of(EntryId{0}) == 1);  // sunk
  segments.on_hit(EntryId{1}, Bytes{1});
  segments.on_hit(EntryId{1}, Bytes{1});
  CHECK(queues.queue_of(EntryId{1}) == 3);
  PinSet pins;
  CHECK(segments.victim(pins) == EntryId{2});
  pins.pin(EntryId{2});
  pins.pin(EntryId{0});
  CHECK(segments.victim(pins) == EntryId{1});
  pins.pin(EntryId{1});
  CHECK(segments.victim(pins) == kNoEntry);
}

TEST_CASE("an entry that grew sinks through every segment it no longer fits") {
  ByteQueues queues(0);
  SegmentedLru segments(queues, 1, {4, 4, 4});
  enter(queues, segments, 0, 2);
  segments.on_hit(EntryId{0}, Bytes{2});
  segments.on_hit(EntryId{0}, Bytes{5});
  CHECK(queues.queue_of(EntryId{0}) == 1);
  CHECK(segments.overflows());
}

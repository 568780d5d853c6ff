// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/kv_room.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

constexpr std::chrono::milliseconds kAtOnce{0};

}  // namespace

TEST_CASE("who is alone is told, and who was not because somebody held room or came meanwhile") {
  KvRoom room;
  KvRoom::Holder one(room);
  KvRoom::Holder other(room);
  one.mark();
  CHECK(one.was_alone());
  one.enter();
  one.enter();  // nothing more
  one.mark();
  CHECK(one.was_alone());
  other.enter();
  CHECK_FALSE(one.was_alone());
  other.mark();
  CHECK_FALSE(other.was_alone());
  other.leave();
  CHECK_FALSE(one.was_alone());  // it was there
  one.mark();
  CHECK(one.was_alone());
}

TEST_CASE(
    "whoever waits goes on when another gives back, or holds nothing any more; one at a time, in order") {
  KvRoom room;
  KvRoom::Holder busy(room);
  KvRoom::Holder first(room);
  KvRoom::Holder second(room);
  busy.enter();
  first.mark();
  CHECK_FALSE(first.wait_turn(kAtOnce));  // another holds some, and has given back nothing
  second.mark();
  CHECK_FALSE(second.wait_turn(kAtOnce));
  busy.gave_back();
  CHECK_FALSE(second.wait_turn(kAtOnce));  // not before the first
  CHECK(first.wait_turn(kAtOnce));
  CHECK_FALSE(second.wait_turn(kAtOnce));  // the first has not found out yet
  first.tried();
  CHECK(second.wait_turn(kAtOnce));
  second.mark();
  CHECK_FALSE(second.wait_turn(kAtOnce));  // it was too little, and nothing new came back
  first.leave();
  busy.leave();
  CHECK(second.wait_turn(kAtOnce));
}

TEST_CASE("whoever gives up lets the next one through") {
  KvRoom room;
  KvRoom::Holder busy(room);
  KvRoom::Holder second(room);
  busy.enter();
  {
    KvRoom::Holder first(room);
    first.mark();
    CHECK_FALSE(first.wait_turn(kAtOnce));
    second.mark();
    CHECK_FALSE(second.wait_turn(kAtOnce));
    busy.leave();
    CHECK_FALSE(second.wait_turn(kAtOnce));
  }
  CHECK(second.wait_turn(kAtOnce));
}

TEST_CASE("many batches larger than half of the room all get through") {
  constexpr std::int64_t kRoom = 100;
  constexpr std::int64_t kEach = 60;
  std::atomic<std::int64_t> free{kRoom};
  std::atomic<int> too_large{0};
  std::atomic<int> through{0};
  KvRoom room;
  const auto take = [&] {
    if (free.fetch_sub(kEach) >= kEach) return true;
    free += kEach;
    return false;
  };
  std::vector<std::thread> batches;
  for (int i = 0; i < 6; ++i) {
    batches.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        KvRoom::Holder mine(room);
        mine.enter();
        for (;;) {
          mine.mark();
          const bool got = take();
          const bool alone = mine.was_alone();
          if (got) mine.took();
          mine.tried();
          if (got) break;
          if (alone) ++too_large;
          while (!mine.wait_turn(std::chrono::milliseconds{1})) continue;
        }
        free += kEach;
        mine.leave();
        ++through;
      }
    });
  }
  for (std::thread& batch : batches) batch.join();
  CHECK(through == 1200);
  CHECK(too_large == 0);
  CHECK(free == kRoom);
}

TEST_CASE("tries that got nothing give nothing back: two that lack room do not wake one another") {
  KvRoom room;
  KvRoom::Holder busy(room);
  KvRoom::Holder first(room);
  KvRoom::Holder second(room);
  busy.enter();
  busy.took();
  for (KvRoom::Holder* waiting : {&first, &second}) {
    waiting->mark();
    CHECK_FALSE(waiting->wait_turn(kAtOnce));
  }
  busy.gave_back();
  for (KvRoom::Holder* waiting : {&first, &second}) {
    CHECK(waiting->wait_turn(kAtOnce));
    waiting->mark();
    waiting->tried();
    CHECK_FALSE(waiting->wait_turn(kAtOnce));
  }
  CHECK_FALSE(first.wait_turn(kAtOnce));
  CHECK_FALSE(second.wait_turn(kAtOnce));
  busy.leave();
  CHECK(first.wait_turn(kAtOnce));
}

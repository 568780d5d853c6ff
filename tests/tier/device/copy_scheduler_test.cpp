// SPDX-License-Identifier: Apache-2.0
#include "tier/device/copy_scheduler.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "core/clock.h"
#include "tier/gate.h"

namespace cachebench::tier {
namespace {

using Range = CopyScheduler::Range;
constexpr CopyDirection kUp = CopyDirection::kUp;
constexpr CopyDirection kDown = CopyDirection::kDown;

CopySchedulerOptions plain(Bytes inline_up_to) {
  return {.links = {}, .engines_per_direction = 1, .inline_up_to = inline_up_to};
}

/// Four bytes that are copied from one to the next.
struct Cells {
  std::array<std::byte, 4> at{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  [[nodiscard]] Range move(std::size_t from, std::size_t to) { return {&at[to], &at[from], 1}; }
};

void submit(CopyScheduler& scheduler, const std::shared_ptr<CopyScheduler::Stream>& stream, CopyDirection way,
            Range range, CopyDone done = {}) {
  scheduler.copy(stream, way, {&range, 1}, std::move(done));
}

TEST_CASE("a stream runs its copies in order, whichever way they go") {
  CopyScheduler scheduler(plain(Bytes{0}));
  const auto stream = scheduler.new_stream();
  Cells cells;
  std::vector<int> order;
  Gate gate;
  submit(scheduler, stream, kUp, cells.move(0, 1), [&](const CopyResult&) {
    gate.pass();
    order.push_back(1);
  });
  submit(scheduler, stream, kDown, cells.move(1, 2), [&](const CopyResult&) { order.push_back(2); });
  submit(scheduler, stream, kUp, cells.move(2, 3), [&](const CopyResult&) { order.push_back(3); });
  CHECK_FALSE(scheduler.is_idle(*stream));
  gate.open();
  scheduler.wait_idle(*stream);
  CHECK(scheduler.is_idle(*stream));
  CHECK(order == std::vector<int>{1, 2, 3});
  for (const std::byte cell : cells.at) CHECK(cell == std::byte{1});
}

TEST_CASE("a stream that waits for an event starts after it, and streams without one do not") {
  CopyScheduler scheduler(plain(Bytes{0}));
  const auto first = scheduler.new_stream();
  const auto second = scheduler.new_stream();
  const auto free = scheduler.new_stream();
  const auto event = scheduler.new_event();
  CHECK(scheduler.is_complete(*event));  // never recorded
  Cells cells;
  Gate gate;
  std::atomic<bool> second_done{false};
  submit(scheduler, first, kUp, cells.move(0, 1), [&](const CopyResult&) { gate.pass(); });
  scheduler.record(first, event);
  scheduler.wait_event(second, event);
  submit(scheduler, second, kDown, cells.move(1, 2), [&](const CopyResult&) { second_done = true; });
  gate.wait_for_arrivals(1);
  // The other engine is free, so a third stream passes the second, which waits.
  submit(scheduler, free, kDown, cells.move(0, 3));
  scheduler.wait_idle(*free);
  CHECK_FALSE(second_done);
  CHECK_FALSE(scheduler.is_complete(*event));
  gate.open();
  scheduler.wait_complete(*event);
  scheduler.wait_idle(*second);
  CHECK(second_done);
  CHECK(cells.at[2] == std::byte{1});
  CHECK(cells.at[3] == std::byte{1});
  scheduler.wait_idle(*first);
}

TEST_CASE("a wait takes the event's record as it was then, and a record again moves the event") {
  CopyScheduler scheduler(plain(Bytes{0}));
  const auto stream = scheduler.new_stream();
  const auto waiter = scheduler.new_stream();
  const auto event = scheduler.new_event();
  Cells cells;
  Gate gate;
  scheduler.record(stream, event);
  CHECK(scheduler.is_complete(*event));
  const Nanoseconds before = scheduler.reached_at(*event);
  scheduler.wait_event(waiter, event);  // reached already
  submit(scheduler, stream, kUp, cells.move(0, 1), [&](const CopyResult&) { gate.pass(); });
  scheduler.record(stream, event);
  CHECK_FALSE(scheduler.is_complete(*event));
  submit(scheduler, waiter, kDown, cells.move(3, 2));
  scheduler.wait_idle(*waiter);
  gate.open();
  scheduler.wait_complete(*event);
  CHECK(scheduler.reached_at(*event) > before);
  scheduler.wait_idle(*stream);
}

TEST_CASE("one event releases many streams, also ones that share a chain") {
  CopyScheduler scheduler(plain(Bytes{0}));
  const auto source = scheduler.new_stream();
  const auto event = scheduler.new_event();
  Gate gate;
  Cells cells;
  submit(scheduler, source, kUp, cells.move(0, 1), [&](const CopyResult&) { gate.pass(); });
  scheduler.record(source, event);
  std::vector<std::shared_ptr<CopyScheduler::Stream>> streams;
  std::vector<std::shared_ptr<CopyScheduler::Event>> chained;
  std::array<std::byte, 20> targets{};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    streams.push_back(scheduler.new_stream());
    chained.push_back(scheduler.new_event());
    scheduler.wait_event(streams[i], i % 2 == 0 ? event : chained[i - 1]);
    submit(scheduler, streams[i], i % 3 == 0 ? kUp : kDown, {&targets[i], &cells.at[1], 1});
    scheduler.record(streams[i], chained[i]);
  }
  gate.open();
  for (const auto& stream : streams) scheduler.wait_idle(*stream);
  for (const std::byte target : targets) CHECK(target == std::byte{1});
  scheduler.wait_idle(*source);
}

TEST_CASE("a small copy on an idle stream is complete when the call returns; on a busy one it queues") {
  CopyScheduler scheduler(plain(Bytes{1}));
  const auto stream = scheduler.new_stream();
  Cells cells;
  bool done = false;
  submit(scheduler, stream, kUp, cells.move(0, 1), [&](const CopyResult& result) {
    done = true;
    CHECK_FALSE(result.error);
  });
  CHECK(done);
  CHECK(cells.at[1] == std::byte{1});

  std::array<std::byte, 2> wide{};
  const Range two{wide.data(), cells.at.data(), 2};  // too large to run here
  Gate gate;
  submit(scheduler, stream, kUp, two, [&](const CopyResult&) { gate.pass(); });
  gate.wait_for_arrivals(1);
  bool later = false;
  submit(scheduler, stream, kUp, cells.move(0, 3), [&](const CopyResult&) { later = true; });
  gate.open();
  scheduler.wait_idle(*stream);
  CHECK(later);
  CHECK(wide[1] == std::byte{1});
}

TEST_CASE("several ranges are one submission with one completion") {
  CopyScheduler scheduler(plain(Bytes{0}));
  const auto stream = scheduler.new_stream();
  Cells cells;
  const std::array<Range, 2> ranges{cells.move(0, 1), cells.move(3, 2)};
  std::atomic<int> completions{0};
  scheduler.copy(stream, kDown, ranges, [&](const CopyResult&) { ++completions; });
  scheduler.copy(stream, kDown, {}, [&](const CopyResult&) { ++completions; });
  scheduler.wait_idle(*stream);
  CHECK(completions == 2);
  CHECK(cells.at[1] == std::byte{1});
  CHECK(cells.at[2] == std::byte{4});
}

TEST_CASE("two engines of one direction share the link, and the directions do not") {
  const hardware::Channel link{.bytes_per_second = 1e8, .latency = Nanoseconds{50'000}};
  CopyScheduler scheduler(
      {.links = {{link, link}}, .engines_per_direction = 2, .inline_up_to = Bytes{1 << 20}});
  std::vector<std::byte> from(100'000, std::byte{7});
  std::vector<std::byte> to(from.size() * 2);
  const auto first = scheduler.new_stream();
  const auto second = scheduler.new_stream();
  const RealClock clock;
  const Nanoseconds start = clock.now();
  Nanoseconds service{0};
  submit(scheduler, first, kUp, {to.data(), from.data(), from.size()},
         [&](const CopyResult& result) { service = result.service; });
  submit(scheduler, second, kUp, {to.data() + from.size(), from.data(), from.size()});
  scheduler.wait_idle(*first);
  CHECK(clock.now() - start >= Nanoseconds{1'050'000});
  CHECK(service >= Nanoseconds{1'050'000});
  scheduler.wait_idle(*second);
  CHECK(clock.now() - start >= Nanoseconds{2'050'000});
  CHECK(to.back() == std::byte{7});
}

TEST_CASE(
    "a copy at once passes what waits for an engine, and takes the link's time behind what it carries") {
  const hardware::Channel link{.bytes_per_second = 1e6, .latency = Nanoseconds{1'000'000}};
  CopySchedulerOptions options = plain(Bytes{0});
  options.links = {link, link};
  CopyScheduler scheduler(options);
  std::vector<std::byte> source(2'000, std::byte{7});
  std::vector<std::byte> target(2'000);
  const RealClock clock;
  const Nanoseconds begun = clock.now();
  int called = 0;
  const CopyResult done =
      scheduler.copy_at_once(kUp, {target.data(), source.data(), source.size()}, [&] { ++called; });
  CHECK(called == 1);
  CHECK_FALSE(done.error);
  CHECK(clock.now() - begun >= Nanoseconds{3'000'000});  // 2 ms of bytes and the latency
  CHECK(done.service >= Nanoseconds{3'000'000});
  CHECK(target == source);

  // An engine that is busy with another's completion delays it by nothing but the link.
  const auto stream = scheduler.new_stream();
  Cells cells;
  Gate gate;
  submit(scheduler, stream, kUp, cells.move(0, 1), [&](const CopyResult&) { gate.pass(); });
  submit(scheduler, stream, kUp, cells.move(1, 2));
  gate.wait_for_arrivals(1);
  CHECK_FALSE(scheduler.copy_at_once(kUp, cells.move(0, 3), [] {}).error);
  CHECK(cells.at[3] == std::byte{1});
  CHECK(cells.at[2] == std::byte{3});  // still in the queue
  gate.open();
  scheduler.wait_idle(*stream);
}

}  // namespace
}  // namespace cachebench::tier

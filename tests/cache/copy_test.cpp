// SPDX-License-Identifier: Apache-2.0
#include "cache/copy.h"

#include <doctest/doctest.h>

#include <thread>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

using testing::content_of;

struct OnHost {
  std::unique_ptr<tier::Plane> plane =
      tier::make_host_plane({.capacity = Bytes{1'000'000}, .lock = tier::PageLock::kOff});
  SpaceGate gate;
  [[nodiscard]] CopyPtr copy(std::uint64_t bytes) {
    return std::make_shared<Copy>(*plane, gate, tier::RecordInfo{.key = {0, 1}, .meta = {}}, Bytes{bytes});
  }
};

TEST_CASE("jobs run once the gate's generation has moved on, at once when it has") {
  SpaceGate gate;
  int runs = 0;
  const std::uint64_t seen = gate.generation();
  gate.when_changed(seen, [&] { ++runs; });
  CHECK(runs == 0);
  gate.notify();
  CHECK(runs == 1);
  gate.notify();
  CHECK(runs == 1);
  gate.when_changed(seen, [&] { ++runs; });
  CHECK(runs == 2);
}

TEST_CASE("a job may park again from within a notification") {
  SpaceGate gate;
  int runs = 0;
  gate.when_changed(gate.generation(), [&] {
    ++runs;
    gate.when_changed(gate.generation(), [&] { ++runs; });
  });
  gate.notify();
  CHECK(runs == 1);
  gate.notify();
  CHECK(runs == 2);
}

TEST_CASE("the last owner frees the block and says so") {
  OnHost host;
  CopyPtr copy = host.copy(1000);
  CHECK(copy->allocate());
  CHECK(copy->allocate());  // has it already
  const Bytes taken = host.plane->stats().allocated;
  CHECK(taken >= Bytes{1000});
  const std::uint64_t seen = host.gate.generation();
  const CopyPtr second = copy;
  copy = nullptr;
  CHECK(host.gate.generation() == seen);
  CHECK(host.plane->stats().allocated == taken);
}

TEST_CASE("a copy that never got room frees nothing") {
  OnHost host;
  const std::uint64_t seen = host.gate.generation();
  host.copy(10).reset();
  CHECK(host.gate.generation() == seen);
  auto held = host.copy(10);
  REQUIRE(held->allocate());
  held.reset();
  CHECK(host.gate.generation() == seen + 1);
  CHECK(host.plane->stats().allocated == Bytes{0});
}

TEST_CASE("whoever waits sees the completion, before and after it settles") {
  OnHost host;
  const CopyPtr copy = host.copy(8);
  REQUIRE(copy->allocate());
  CHECK_FALSE(copy->is_settled());
  int jobs = 0;
  copy->when_settled([&] { ++jobs; });
  tier::Completion seen;
  std::thread waiter([&] { seen = copy->wait(); });
  copy->settle({.status = tier::TransferStatus::kCorrupt, .error = {}, .service = Nanoseconds{5}});
  waiter.join();
  CHECK(seen.status == tier::TransferStatus::kCorrupt);
  CHECK(seen.service == Nanoseconds{5});
  CHECK(jobs == 1);
  copy->when_settled([&] { ++jobs; });
  CHECK(jobs == 2);
  CHECK(copy->is_settled());
}

TEST_CASE("bytes kept aside are read like any others") {
  OnHost host;
  tier::StagingPool pool(tier::StagingPool::Options{.lock = tier::PageLock::kOff});
  const auto content = content_of(3, 5000);
  {
    const CopyPtr copy = host.copy(5000);
    tier::StagingPool::Lease staging = pool.acquire(Bytes{5000});
    std::memcpy(staging.span().data(), content.data(), content.size());
    copy->keep_in(std::move(staging));
    copy->settle({});
    std::vector<std::byte> out(5000);
    CHECK(copy->read(out).wait().status == tier::TransferStatus::kDone);
    CHECK(out == content);
    CHECK(std::equal(content.begin(), content.end(), copy->host_view().begin(), copy->host_view().end()));
    CHECK(pool.stats().leased > Bytes{0});
  }
  CHECK(pool.stats().leased == Bytes{0});
  CHECK(host.plane->stats().allocated == Bytes{0});
}

TEST_CASE("what an earlier process left is there at once") {
  OnHost host;
  const auto block = host.plane->allocate(Bytes{100});
  REQUIRE(block.has_value());
  {
    const Copy copy(*host.plane, host.gate,
                    tier::Recovered{.info = {.key = {0, 9}, .meta = {}}, .block = *block});
    CHECK(copy.is_settled());
    CHECK(copy.bytes() == Bytes{100});
    CHECK(copy.info().key == Key{0, 9});
  }
  CHECK(host.plane->stats().allocated == Bytes{0});
}

}  // namespace
}  // namespace cachebench::cache

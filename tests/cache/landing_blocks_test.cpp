// SPDX-License-Identifier: Apache-2.0
#include "cache/landing_blocks.h"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

constexpr Bytes kBlock{1 << 20};

TEST_CASE("one block is kept from the start; more are given back") {
  const auto plane = tier::make_host_plane({.capacity = Bytes{4 << 20}, .lock = tier::PageLock::kOff});
  SpaceGate gate;
  {
    LandingBlocks blocks(*plane, gate, kBlock);
    CHECK(plane->stats().allocated == kBlock);
    const std::uint64_t seen = gate.generation();
    {
      const LandingBlocks::Lease one(blocks);
      const LandingBlocks::Lease two(blocks);
      CHECK(one.block().handle != two.block().handle);
      CHECK(plane->stats().allocated == kBlock * 2);
    }
    CHECK(plane->stats().allocated == kBlock);
    CHECK(gate.generation() == seen + 1);  // whoever waits for room hears of it
  }
  CHECK(plane->stats().allocated == Bytes{0});
}

TEST_CASE("on a full plane hits pass one after another") {
  const auto plane = tier::make_host_plane({.capacity = Bytes{1 << 20}, .lock = tier::PageLock::kOff});
  SpaceGate gate;
  LandingBlocks blocks(*plane, gate, kBlock);
  std::vector<tier::Block> fillers;
  while (const auto block = plane->allocate(kBlock)) fillers.push_back(*block);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const LandingBlocks::Lease lease(blocks);
        const int now = ++inside;
        if (now > most) most = now;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(most == 1);
  for (const tier::Block& block : fillers) plane->release(block);
}

TEST_CASE("a size of nothing and a plane that is written only once lend nothing") {
  const auto host = tier::make_host_plane({.capacity = kBlock, .lock = tier::PageLock::kOff});
  const auto ssd = tier::make_ssd_plane({.directory = "", .capacity = kBlock * 8, .keep = false});
  SpaceGate gate;
  LandingBlocks none(*host, gate, Bytes{0});
  LandingBlocks once(*ssd, gate, kBlock);
  CHECK_FALSE(static_cast<bool>(LandingBlocks::Lease(none)));
  CHECK_FALSE(static_cast<bool>(LandingBlocks::Lease(once)));
  CHECK(ssd->stats().allocated == Bytes{0});
}

}  // namespace
}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
// The cache under several threads, over real planes that watch for a lock held across I/O: bytes out are the
// bytes in, budgets hold, counts keep their identities, a miss is computed once, and every operation ends,
// however little room the planes have and whatever handles are held.
#include <doctest/doctest.h>

#include <algorithm>
#include <barrier>
#include <deque>
#include <thread>

#include "cache/cache_fixtures.h"

namespace cachebench {
namespace {

using cache::LookupResult;
using testing::content_of;
using testing::entry_of;
using testing::RealCache;
using testing::TierSpec;

constexpr int kThreads = 4;

template <typename Work>
void on_threads(const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

void check_counts(RealCache& cache, const std::vector<TierSpec>& tiers) {
  const cache::CacheCounters counted = cache.manager().counters();
  CHECK(counted.hits + counted.covered + counted.misses == counted.accesses);
  CHECK(counted.joined_hits <= counted.hits);
  std::uint64_t hits = 0;
  std::uint64_t causes = 0;
  for (const std::uint64_t cause : counted.causes) causes += cause;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    hits += counted.tiers[i].hits;
    CHECK(counted.tiers[i].peak <= Bytes{tiers[i].capacity});
    CHECK(counted.tiers[i].hits + counted.tiers[i].misses == counted.tiers[i].accesses);
    if (i > 0) CHECK(counted.tiers[i].accesses == counted.tiers[i - 1].misses);
  }
  CHECK(hits == counted.hits);
  CHECK(causes == counted.misses);
}

/// One thread's random life with the cache. doctest's macros stay outside: they are slow under sanitizers.
class Actor {
 public:
  enum class Faults { kNone, kSome };
  Actor(RealCache& cache, std::uint64_t seed, Faults faults) : cache_(cache), rng_(seed), faults_(faults) {}

  void act(int operations) {
    for (int i = 0; i < operations; ++i) {
      const std::uint64_t number = rng_.below(rng_.below(40) + 1);
      const auto what = rng_.below(20);
      if (what == 0) {
        static_cast<void>(cache_.manager().erase(entry_of(number, 1).key));
      } else if (what == 1) {
        cache_.manager().account_skipped(entry_of(number, size_of(number)), cache::Skipped::kBehindGap);
      } else if (what == 4) {
        cache_.manager().end_request({});
      } else if (what == 2 && faults_ == Faults::kSome) {
        cache_.plane(rng_.below(3)).corrupt_reads = 1;
        cache_.plane(rng_.below(3)).failing_writes = 1;
      } else {
        look_up(number, what == 3 ? size_of(number) + 1 + rng_.below(500) : size_of(number));
      }
      if (held_.size() > 3 || (rng_.below(4) == 0 && !held_.empty())) held_.pop_front();
    }
    held_.clear();
  }

  [[nodiscard]] std::uint64_t wrong() const { return wrong_; }
  [[nodiscard]] std::uint64_t read() const { return read_; }

 private:
  static std::uint64_t size_of(std::uint64_t number) { return 500 + number * 700; }

  void look_up(std::uint64_t number, std::uint64_t bytes) {
    LookupResult found = cache_.manager().lookup(entry_of(number, bytes));
    if (found.owned) {
      cache_.put(number, bytes, found.owned);
      return;
    }
    if (found.joined) found = cache_.manager().finish_join(entry_of(number, bytes), found.joined);
    if (found.decision.resized) {
      const auto content = content_of(number, bytes);
      const cache::EntryDescription what = entry_of(number, bytes);
      const TensorView view{.meta = what.meta, .data = content};
      cache_.manager().rewrite(what, &view);
    } else if (found.handle) {
      verify(number, found.handle);
    }
    if (found.handle) held_.push_back(std::move(found.handle));
  }

  void verify(std::uint64_t number, cache::TensorHandle& handle) {
    const std::uint64_t bytes = handle.copy().bytes().value;
    std::vector<std::byte> out(bytes);
    const tier::Completion done = handle.read(out);
    if (done.status == tier::TransferStatus::kDone) {
      ++read_;
      if (out != content_of(number, bytes)) ++wrong_;
    } else {
      cache_.manager().report_corrupt(handle);
      handle.release();
      cache_.put(number, bytes);
    }
  }

  RealCache& cache_;
  Rng rng_;
  const Faults faults_;
  std::deque<cache::TensorHandle> held_;
  std::uint64_t wrong_ = 0;
  std::uint64_t read_ = 0;
};

void live_with(RealCache& cache, const std::vector<TierSpec>& tiers, Actor::Faults faults, int operations) {
  std::vector<std::unique_ptr<Actor>> actors;
  for (std::uint64_t i = 0; i < kThreads; ++i) actors.push_back(std::make_unique<Actor>(cache, i, faults));
  on_threads([&](int i) { actors[static_cast<std::size_t>(i)]->act(operations); });
  cache.manager().drain();
  std::uint64_t read = 0;
  for (const auto& actor : actors) {
    CHECK(actor->wrong() == 0);
    read += actor->read();
  }
  CHECK(read > 0);
  check_counts(cache, tiers);
}

const std::vector<TierSpec> kTiny{{60'000, "lru", 0.9, 0.7}, {90'000, "lfu"}, {300'000, "fifo"}};

TEST_CASE("threads that look up, put, erase, resize and hold handles read what was written") {
  for (const auto& item : policy::MigrationRegistry::instance().items()) {
    CAPTURE(item.name);
    RealCache cache(kTiny, item.name);
    live_with(cache, kTiny, Actor::Faults::kNone, 250);
    CHECK(cache.movers().failures() == 0);
  }
}

TEST_CASE("the same with fetches ahead of anything: every fetch ends once") {
  for (const char* migration : {"demote-on-evict", "write-back", "cost-aware"}) {
    CAPTURE(migration);
    RealCache cache(kTiny, migration, "", false, "test-anything");
    live_with(cache, kTiny,
              std::string(migration) == "write-back" ? Actor::Faults::kSome : Actor::Faults::kNone, 400);
    const cache::PrefetchCounters fetched = cache.manager().prefetches().value();
    CHECK(fetched.issued.count > 0);
    std::uint64_t ended = 0;
    for (const cache::PrefetchAmount& amount : fetched.ended) ended += amount.count;
    CHECK(ended == fetched.issued.count);
  }
}

TEST_CASE("the same with planes that have no byte to spare") {
  for (const char* migration : {"demote-on-evict", "promote-on-hit"}) {
    CAPTURE(migration);
    RealCache cache(kTiny, migration);
    for (std::size_t i = 0; i < kTiny.size(); ++i) cache.plane(i).room = kTiny[i].capacity;
    live_with(cache, kTiny, Actor::Faults::kNone, 250);
    CHECK(cache.movers().failures() == 0);
  }
}

TEST_CASE("the same with planes that have no room at all") {
  RealCache cache(kTiny, "demote-on-evict");
  for (std::size_t i = 0; i < kTiny.size(); ++i) cache.plane(i).room = 0;
  live_with(cache, kTiny, Actor::Faults::kNone, 100);
  CHECK(cache.movers().stats().kept_aside > 0);
}

TEST_CASE("the same with records that rot and disks that fill up: never a wrong byte, never a hang") {
  RealCache cache(kTiny, "demote-on-evict");
  live_with(cache, kTiny, Actor::Faults::kSome, 400);
}

TEST_CASE("a miss is computed once however many ask at the same time") {
  RealCache cache({{1'000'000}, {1'000'000}, {1'000'000}}, "demote-on-evict");
  constexpr std::uint64_t kRounds = 60;
  std::atomic<std::uint64_t> computed{0};
  std::atomic<std::uint64_t> wrong{0};
  std::barrier together(kThreads);
  on_threads([&](int) {
    for (std::uint64_t number = 0; number < kRounds; ++number) {
      together.arrive_and_wait();
      LookupResult found = cache.manager().lookup(entry_of(number, 5'000));
      if (found.owned) {
        ++computed;
        cache.put(number, 5'000, found.owned);
        continue;
      }
      if (found.joined) found = cache.manager().finish_join(entry_of(number, 5'000), found.joined);
      if (!found.handle || RealCache::bytes_of(found.handle) != content_of(number, 5'000)) ++wrong;
    }
  });
  CHECK(computed == kRounds);
  CHECK(wrong == 0);
  const cache::CacheCounters counted = cache.manager().counters();
  CHECK(counted.misses == kRounds);
  CHECK(counted.hits == kRounds * static_cast<std::uint64_t>(kThreads - 1));
}

TEST_CASE("puts and gets by name from several threads") {
  RealCache cache({{50'000}, {100'000}, {400'000}}, "demote-on-evict");
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> got{0};
  on_threads([&](int thread) {
    Rng rng(static_cast<std::uint64_t>(thread) + 50);
    for (int i = 0; i < 250; ++i) {
      const std::uint64_t number = rng.below(20);
      const std::string name = "tensor-" + std::to_string(number);
      if (rng.below(2) == 0) {
        const auto content = content_of(number, 1'000 + rng.below(4) * 1'000);
        static_cast<void>(cache.manager().put_tensor(view_of(content), name));
      } else if (const auto handle = cache.manager().get_tensor(name)) {
        ++got;
        if (RealCache::bytes_of(*handle) != content_of(number, handle->copy().bytes().value)) ++wrong;
      }
    }
  });
  CHECK(wrong == 0);
  CHECK(got > 0);
}

}  // namespace
}  // namespace cachebench

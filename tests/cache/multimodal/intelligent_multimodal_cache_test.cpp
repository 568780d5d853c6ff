// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/intelligent_multimodal_cache.h"

#include <doctest/doctest.h>

#include <atomic>
#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "cache/multimodal/multimodal_fixtures.h"
#include "core/hamming.h"

namespace cachebench::cache {
namespace {

using testing::holds_tensor;
using testing::NumberedTensor;
using testing::round_site;
using testing::setup_with;

Key key_of(std::uint64_t number) {
  return Key{splitmix64(number), splitmix64(number + 1'000'000)};
}

// What a cache has to do, the obvious way: everything in one map, every question answered by looking at all.
class SlowCache {
 public:
  struct Held {
    ArtefactKind kind;
    std::uint64_t bytes;
    std::int64_t deadline;
    Priority priority;
    std::uint64_t touched;
    std::optional<std::uint64_t> code;
    int pins = 0;
  };
  explicit SlowCache(std::uint64_t capacity) : capacity_(capacity) {}

  void expire(std::int64_t now) {
    std::erase_if(held, [&](const auto& item) { return item.second.deadline <= now; });
  }
  [[nodiscard]] std::uint64_t used() const {
    std::uint64_t sum = 0;
    for (const auto& [number, entry] : held) sum += entry.bytes;
    return sum;
  }
  // False: refused.
  bool put(std::uint64_t number, Held entry) {
    if (const auto found = held.find(number); found != held.end()) {
      found->second.deadline = entry.deadline;
      found->second.touched = ++clock_;
      return true;
    }
    std::uint64_t pinned = 0;
    for (const auto& [other, there] : held) pinned += there.pins > 0 ? there.bytes : 0;
    if (pinned + entry.bytes > capacity_) return false;
    while (used() + entry.bytes > capacity_) {
      auto worst = held.end();
      for (auto at = held.begin(); at != held.end(); ++at) {
        if (at->second.pins > 0) continue;
        if (worst == held.end() || std::pair(at->second.priority, at->second.touched) <
                                       std::pair(worst->second.priority, worst->second.touched))
          worst = at;
      }
      held.erase(worst);
    }
    entry.touched = ++clock_;
    held[number] = entry;
    return true;
  }
  // The entry that serves: itself, or the likest.
  struct Served {
    std::optional<double> similarity;
    std::vector<std::uint64_t> candidates;  // equally like ones
  };
  std::optional<Served> get(std::uint64_t number, ArtefactKind kind, std::optional<std::uint64_t> code,
                            double threshold) {
    if (held.contains(number)) {
      held[number].touched = ++clock_;
      return Served{.similarity = {}, .candidates = {number}};
    }
    Served best{.similarity = -1.0, .candidates = {}};
    for (const auto& [other, entry] : held) {
      if (!code || !entry.code || entry.kind != kind) continue;
      const double score = 1.0 - hamming_distance(*code, *entry.code) / 64.0;
      if (score < threshold || score < *best.similarity) continue;
      if (score > *best.similarity) best.candidates.clear();
      best.similarity = score;
      best.candidates.push_back(other);
    }
    if (best.candidates.empty()) return std::nullopt;
    return best;
  }
  void touch(std::uint64_t number) { held[number].touched = ++clock_; }

  std::map<std::uint64_t, Held> held;

 private:
  std::uint64_t capacity_;
  std::uint64_t clock_ = 0;
};

constexpr std::array kSomeKinds{ArtefactKind::kText, ArtefactKind::kImage, ArtefactKind::kFusionOutput};

std::optional<std::uint64_t> code_of(std::uint64_t number, ArtefactKind kind) {
  if (kind == ArtefactKind::kFusionOutput) return std::nullopt;
  std::uint64_t code = splitmix64(number % 5);
  for (std::uint64_t i = 0; i < number % 8; ++i) code ^= std::uint64_t{1} << (splitmix64(number + i) % 64);
  return code;
}

ContentTraits traits_of(std::uint64_t number, ArtefactKind kind) {
  ContentTraits traits;
  (kind == ArtefactKind::kText ? traits.text_code : traits.image_code) = code_of(number, kind);
  return traits;
}

}  // namespace

TEST_CASE("whatever is stored, found, expires, is pinned and is alike: as looking at everything says") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    VirtualClock clock;
    MultimodalSetup setup = setup_with({{2000}}, "none");
    setup.cache.similarity = {.text = true, .image = true, .threshold = 0.92};
    setup.cache.clock = &clock;
    setup.engine.default_ttl = Nanoseconds{100'000};
    OwnedMultimodalCache cache(setup, round_site());
    SlowCache slow(2000);
    Rng rng(seed);
    std::uint64_t similar = 0;
    for (int step = 0; step < 5000; ++step) {
      clock.advance(Nanoseconds{static_cast<std::int64_t>(rng.below(300))});
      const std::uint64_t number = rng.below(80);
      const ArtefactKind kind = kSomeKinds[number % 3];
      const std::size_t elements = 1 + splitmix64(number) % 60;
      slow.expire(clock.now().count());
      switch (rng.below(8)) {
        case 0:
          REQUIRE(cache->erase(key_of(number)) ==
                  (slow.held.contains(number) && slow.held[number].pins == 0));
          if (slow.held.contains(number) && slow.held[number].pins == 0) slow.held.erase(number);
          break;
        case 1: {
          std::uint64_t pinned = 0;
          for (const auto& [other, entry] : slow.held) pinned += entry.pins > 0 ? 1U : 0U;
          if (pinned >= 4) break;
          REQUIRE(cache->pin(key_of(number)) == slow.held.contains(number));
          if (slow.held.contains(number)) ++slow.held[number].pins;
          break;
        }
        case 2:
        case 3: {
          if (!slow.held.contains(number) || slow.held[number].pins == 0) break;
          REQUIRE(cache->unpin(key_of(number)));
          --slow.held[number].pins;
          break;
        }
        case 4:
        case 5: {
          const bool resident = slow.held.contains(number);
          StoreTerms terms{.keep = {.ttl = {}, .priority = static_cast<Priority>(number % kPriorities)},
                           .traits = traits_of(number, kind)};
          if (rng.below(2) == 0)
            terms.keep.ttl = Nanoseconds{static_cast<std::int64_t>(1 + rng.below(40'000))};
          const std::int64_t ttl = terms.keep.ttl.value_or(setup.engine.default_ttl).count();
          const NumberedTensor tensor(number, elements);
          const StoreResult stored = cache->put(key_of(number), kind, tensor.view(), terms);
          const bool expected = slow.put(number, {.kind = kind,
                                                  .bytes = elements * 4,
                                                  .deadline = clock.now().count() + ttl,
                                                  .priority = terms.keep.priority,
                                                  .touched = 0,
                                                  .code = code_of(number, kind)});
          REQUIRE(stored.stored() == expected);
          if (expected) REQUIRE((stored.put.status == PutStatus::kTouched) == resident);
          break;
        }
        default: {
          const auto expected = slow.get(number, kind, code_of(number, kind), 0.92);
          const auto found = cache->get(key_of(number), kind, traits_of(number, kind));
          REQUIRE(found.has_value() == expected.has_value());
          if (!found) break;
          REQUIRE(found->similarity == expected->similarity);
          std::optional<std::uint64_t> served;
          for (const std::uint64_t candidate : expected->candidates) {
            if (holds_tensor(found->tensor, candidate, 1 + splitmix64(candidate) % 60)) served = candidate;
          }
          REQUIRE(served.has_value());
          if (found->similarity) ++similar;
          slow.touch(*served);
        }
      }
      cache->expire_due();
      const MultimodalStatistics statistics = cache->statistics();
      REQUIRE(statistics.used.value == slow.used());
      REQUIRE(statistics.resident == slow.held.size());
    }
    CHECK(similar > 50);
    const MultimodalStatistics statistics = cache->statistics();
    CHECK(statistics.all.similar == similar);
    CHECK(statistics.all.expired > 20);
    CHECK(statistics.all.exact + statistics.all.similar + statistics.all.misses == statistics.all.accesses);
  }
}

TEST_CASE("tensors live in three tiers, and come back from each as they were") {
  OwnedMultimodalCache cache(setup_with({{1000}, {2000}, {100'000}}, "demote-on-evict"), round_site());
  for (std::uint64_t i = 0; i < 40; ++i) {
    const NumberedTensor tensor(i, 50);
    CHECK(cache->put(key_of(i), kEntryTypes[i % kEntryTypes.size()], tensor.view()).stored());
  }
  std::array<int, 3> served{};
  for (std::uint64_t i = 39; i < 40; --i) {  // the latest first
    const auto found = cache->get(key_of(i), kEntryTypes[i % kEntryTypes.size()]);
    REQUIRE(found.has_value());
    CHECK(holds_tensor(found->tensor, i, 50));
    ++served[index_of(found->tensor.served())];
  }
  for (const int hits : served) CHECK(hits > 0);
  const MultimodalStatistics statistics = cache->statistics();
  CHECK(statistics.resident == 40);
  for (const ArtefactKind kind : kEntryTypes)
    CHECK(statistics.kinds[static_cast<std::size_t>(kind)].exact > 4);
}

TEST_CASE("similar entries are served only when that is asked for, and only of the same kind and space") {
  for (const bool opted_in : {false, true}) {
    MultimodalSetup setup = setup_with({{10'000}}, "none");
    setup.cache.similarity.image = opted_in;
    OwnedMultimodalCache cache(setup, round_site());
    const NumberedTensor tensor(1, 10);
    CHECK(cache
              ->put(key_of(1), ArtefactKind::kImage, tensor.view(),
                    {.traits = {.image_code = 0xFF, .space = 7}})
              .stored());
    const auto found = cache->get(key_of(2), ArtefactKind::kImage, {.image_code = 0xFE, .space = 7});
    CHECK(found.has_value() == opted_in);
    if (found) CHECK(*found->similarity == doctest::Approx(63.0 / 64));
    CHECK_FALSE(cache->get(key_of(2), ArtefactKind::kImage, {.image_code = 0xFE, .space = 8}));
    CHECK_FALSE(cache->get(key_of(3), ArtefactKind::kVisionEncoderOutput, {.image_code = 0xFE, .space = 7}));
    CHECK_FALSE(cache->get(key_of(4), ArtefactKind::kImage, {.image_code = 0xFFFFFF, .space = 7}));
    // Asking for what is alike is no serving: it needs no leave and counts nothing.
    const std::uint64_t accesses = cache->statistics().all.accesses;
    const auto like = cache->find_similar(ArtefactKind::kImage, {.image_code = 0xFE, .space = 7}, {});
    REQUIRE(like.size() == 1);
    CHECK(like[0].key == key_of(1));
    CHECK(cache->statistics().all.accesses == accesses);
  }
}

TEST_CASE("many shards find what one finds, likeness included, and keep their budget") {
  MultimodalSetup setup = setup_with({{80'000}}, "none");
  setup.cache.similarity = {.image = true, .threshold = 0.9};
  setup.shards = 8;
  OwnedMultimodalCache cache(setup, round_site());
  CHECK(cache->capacity() == Bytes{80'000});
  for (std::uint64_t i = 0; i < 100; ++i) {
    const NumberedTensor tensor(i, 20);
    CHECK(
        cache->put(key_of(i), ArtefactKind::kImage, tensor.view(), {.traits = {.image_code = splitmix64(i)}})
            .stored());
  }
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto exact = cache->get(key_of(i), ArtefactKind::kImage);
    REQUIRE(exact.has_value());
    CHECK(holds_tensor(exact->tensor, i, 20));
    const auto like = cache->get(key_of(1000 + i), ArtefactKind::kImage, {.image_code = splitmix64(i) ^ 5});
    REQUIRE(like.has_value());
    CHECK(like->similarity == 62.0 / 64);
    CHECK(holds_tensor(like->tensor, i, 20));
  }
  CHECK(cache->statistics().all.similar == 100);
  for (std::uint64_t i = 100; i < 5000; ++i)
    cache->put(key_of(i), ArtefactKind::kImage, NumberedTensor(i, 20).view());
  CHECK(cache->statistics().used <= Bytes{80'000});
}

TEST_CASE("the cache shrinks and grows by shares") {
  OwnedMultimodalCache cache(setup_with({{1000}, {2000}, {4000}}, "demote-on-evict"), round_site());
  for (std::uint64_t i = 0; i < 100; ++i)
    cache->put(key_of(i), ArtefactKind::kText, NumberedTensor(i, 10).view());
  CHECK(cache->resize(0.5) == Bytes{3500});
  CHECK(cache->statistics().used <= Bytes{3500});
  CHECK(cache->capacity() == Bytes{3500});
  CHECK(cache->resize(1.0) == Bytes{7000});
  for (const double share : {-0.1, 1.01, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(cache->resize(share), Error);
}

TEST_CASE("bad input is an error or a refusal, and changes nothing") {
  VirtualClock clock;
  MultimodalSetup setup = setup_with({{1000}}, "none");
  setup.cache.clock = &clock;
  OwnedMultimodalCache cache(setup, round_site());
  const NumberedTensor good(1, 10);
  NumberedTensor nan(2, 10);
  nan.values[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(cache->put(key_of(2), ArtefactKind::kText, nan.view()), Error);
  CHECK_THROWS_AS(cache->put(key_of(2), ArtefactKind::kText, NumberedTensor(3, 0).view()), Error);
  CHECK_THROWS_AS(cache->put(key_of(2), ArtefactKind::kText, good.view(), {.keep = {.ttl = Nanoseconds{0}}}),
                  Error);
  CHECK_THROWS_AS(cache->put(key_of(2), ArtefactKind::kText, good.view(), {.keep = {.ttl = Nanoseconds{-1}}}),
                  Error);
  CHECK_THROWS_AS(cache->put(key_of(2), ArtefactKind::kText, good.view(), {.keep = {.priority = 9}}), Error);
  const std::vector<float> zero{0, 0};
  CHECK_THROWS_AS(cache->put(key_of(2), ArtefactKind::kText, good.view(), {.traits = {.embedding = zero}}),
                  Error);
  const StoreResult large = cache->put(key_of(2), ArtefactKind::kText, NumberedTensor(4, 251).view());
  CHECK_FALSE(large.stored());
  CHECK(large.refused == MissCause::kTooLarge);
  CHECK(cache->statistics().resident == 0);
  CHECK(cache->put(key_of(5), ArtefactKind::kText, good.view()).stored());
  CHECK_THROWS_AS(cache->put(key_of(5), ArtefactKind::kText, NumberedTensor(5, 11).view()), Error);
  CHECK_THROWS_AS((void)cache->find_similar(ArtefactKind::kText, {.text_code = 1}, {.threshold = 2}), Error);
  for (const double threshold : {-0.5, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    setup.cache.similarity = {.text = true, .threshold = threshold};
    CHECK_THROWS_AS(OwnedMultimodalCache(setup, round_site()), Error);
  }
}

TEST_CASE("everything pinned: a put is refused and says so") {
  OwnedMultimodalCache cache(setup_with({{100}}, "none"), round_site());
  CHECK(cache->put(key_of(1), ArtefactKind::kText, NumberedTensor(1, 20).view()).stored());
  const auto held = cache->get(key_of(1), ArtefactKind::kText);
  const StoreResult refused = cache->put(key_of(2), ArtefactKind::kText, NumberedTensor(2, 10).view());
  CHECK_FALSE(refused.stored());
  CHECK(refused.refused == MissCause::kCapacity);
}

namespace {

// A clock that does what clocks must not.
class JumpingClock final : public Clock {
 public:
  std::atomic<std::int64_t> ns{0};
  [[nodiscard]] Nanoseconds now() const override { return Nanoseconds{ns.load()}; }
};

}  // namespace

TEST_CASE("a clock that jumps back brings nothing back, one that jumps ahead expires all, once") {
  JumpingClock clock;
  MultimodalSetup setup = setup_with({{1000}}, "none");
  setup.cache.clock = &clock;
  OwnedMultimodalCache cache(setup, round_site());
  clock.ns = 1000;
  CHECK(cache
            ->put(key_of(1), ArtefactKind::kText, NumberedTensor(1, 10).view(),
                  {.keep = {.ttl = Nanoseconds{100}}})
            .stored());
  clock.ns = -5'000'000'000;
  CHECK(cache->get(key_of(1), ArtefactKind::kText).has_value());
  clock.ns = 1100;
  CHECK_FALSE(cache->get(key_of(1), ArtefactKind::kText).has_value());
  clock.ns = 1050;  // back to when it was valid
  CHECK_FALSE(cache->get(key_of(1), ArtefactKind::kText).has_value());
  CHECK(cache
            ->put(key_of(2), ArtefactKind::kText, NumberedTensor(2, 10).view(),
                  {.keep = {.ttl = Nanoseconds{100}}})
            .stored());
  clock.ns = std::numeric_limits<std::int64_t>::max() - 1;
  CHECK_FALSE(cache->get(key_of(2), ArtefactKind::kText).has_value());
  CHECK(cache->statistics().all.expired == 2);
  // At the end of time nothing can be given a lifetime that ends; it stays.
  CHECK(cache
            ->put(key_of(3), ArtefactKind::kText, NumberedTensor(3, 10).view(),
                  {.keep = {.ttl = Nanoseconds{100}}})
            .stored());
  CHECK(cache->get(key_of(3), ArtefactKind::kText).has_value());
}

TEST_CASE("a key under another entry type is an error, not a tensor of the wrong kind") {
  OwnedMultimodalCache cache(setup_with({{1000}}, "none"), round_site());
  const NumberedTensor tensor(1, 4);
  CHECK(cache->put(key_of(1), ArtefactKind::kText, tensor.view()).stored());
  CHECK_THROWS_AS(static_cast<void>(cache->get(key_of(1), ArtefactKind::kImage)), Error);
  CHECK_THROWS_AS(cache->put(key_of(1), ArtefactKind::kImage, tensor.view()), Error);
  {
    const auto found = cache->get(key_of(1), ArtefactKind::kText);
    REQUIRE(found.has_value());
    CHECK(holds_tensor(found->tensor, 1, 4));
  }
  // Once it is gone the key stands for whatever is stored next.
  CHECK(cache->erase(key_of(1)));
  CHECK(cache->put(key_of(1), ArtefactKind::kImage, tensor.view()).stored());
  CHECK(cache->get(key_of(1), ArtefactKind::kImage).has_value());
}

TEST_CASE("threads that store, find, expire, pin, resize and ask for likeness never read another's bytes") {
  VirtualClock clock;
  MultimodalSetup setup = setup_with({{20'000}}, "none");
  setup.cache.similarity = {.image = true, .threshold = 1.0};
  setup.cache.clock = &clock;
  setup.shards = 4;
  OwnedMultimodalCache cache(setup, round_site());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      Rng rng(number + 1);
      for (int step = 0; step < 1500; ++step) {
        const std::uint64_t entry = rng.below(200);
        const std::size_t elements = 1 + entry % 40;
        const ContentTraits traits{.image_code = splitmix64(entry)};
        clock.advance(Nanoseconds{3});
        if (rng.below(3) == 0) {
          cache->put(key_of(entry), ArtefactKind::kImage, NumberedTensor(entry, elements).view(),
                     {.keep = {.ttl = Nanoseconds{2000}}, .traits = traits});
        } else if (rng.below(40) == 0) {
          cache->resize(rng.below(2) == 0 ? 0.5 : 1.0);
        } else if (rng.below(20) == 0) {
          if (cache->pin(key_of(entry))) cache->unpin(key_of(entry));
          cache->erase(key_of(rng.below(200)));
        } else {
          const auto found = cache->get(key_of(entry), ArtefactKind::kImage, traits);
          if (found && !holds_tensor(found->tensor, entry, elements)) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  const MultimodalStatistics statistics = cache->statistics();
  CHECK(statistics.all.accesses == statistics.all.exact + statistics.all.similar + statistics.all.misses);
  CHECK(statistics.used <= Bytes{20'000});
}

}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/shard_books.h"

#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

EntryDescription image_entry(std::uint64_t number) {
  EntryDescription what = testing::entry_of(number, 10);
  what.kind = ArtefactKind::kVisionEncoderOutput;
  return what;
}

}  // namespace

TEST_CASE("the books follow what enters, leaves and expires, and judge evictions") {
  const hardware::CostModel costs = testing::round_costs();
  EngineOptions options = testing::engine_options_of({{30}}, "none");
  HierarchicalCacheManager manager(options, costs, std::make_unique<NullTransfers>(),
                                   DecisionClock::kExternal);
  ShardBooks books({.image = true, .threshold = 0.9}, 100);
  manager.attach(&books);
  const auto put = [&](std::uint64_t number, Nanoseconds ttl) {
    const ContentTraits traits{.image_code = splitmix64(number)};
    manager.put(image_entry(number), nullptr, nullptr, {.ttl = ttl}, &traits);
  };
  for (std::uint64_t i = 0; i < 3; ++i) put(i, Nanoseconds{1000});
  CHECK(books.entries().size() == 3);
  put(3, Nanoseconds{500});  // entry 0 goes
  CHECK(books.entries().size() == 3);
  const ContentTraits first{.image_code = splitmix64(0)};
  LookupResult miss = manager.lookup(image_entry(0), {}, &first);
  CHECK_FALSE(miss.decision.hit);
  manager.abandon(image_entry(0), miss.owned);
  manager.inspect([&](const DecisionEngine& engine) {
    const EvictionRegret::Counts counts = books.regret().counts(engine.sequence());
    CHECK(counts.evicted == 1);
    CHECK(counts.asked_again == 1);
  });
  const ContentTraits third{.image_code = splitmix64(3) ^ 1};
  LookupResult like = manager.lookup(image_entry(77), {}, &third);
  CHECK(like.decision.hit);
  CHECK(like.similarity == 63.0 / 64);
  like = {};
  manager.set_now(Nanoseconds{500});
  like = manager.lookup(image_entry(77), {}, &third);
  CHECK_FALSE(like.decision.hit);  // expired: not for anybody
  manager.abandon(image_entry(77), like.owned);
  CHECK(books.entries().size() == 2);
  manager.set_now(Nanoseconds{5000});
  manager.expire_due();
  CHECK(books.entries().size() == 0);
  manager.inspect([&](const DecisionEngine& engine) {
    CHECK(books.regret().counts(engine.sequence()).evicted == 1);  // expiry is no eviction
  });
  manager.attach(nullptr);
}

TEST_CASE("what the options do not allow is not looked for") {
  const hardware::CostModel costs = testing::round_costs();
  HierarchicalCacheManager manager(testing::engine_options_of({{30}}, "none"), costs,
                                   std::make_unique<NullTransfers>(), DecisionClock::kExternal);
  ShardBooks books({.text = true}, 100);
  manager.attach(&books);
  const ContentTraits traits{.image_code = 5};
  manager.put(image_entry(1), nullptr, nullptr, {}, &traits);
  LookupResult found = manager.lookup(image_entry(2), {}, &traits);
  CHECK_FALSE(found.decision.hit);
  manager.abandon(image_entry(2), found.owned);
  manager.attach(nullptr);
  CHECK_THROWS_AS(ShardBooks({.threshold = -1}, 10), Error);
}

}  // namespace cachebench::cache

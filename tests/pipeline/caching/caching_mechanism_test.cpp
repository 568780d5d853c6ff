// SPDX-License-Identifier: Apache-2.0
#include "pipeline/caching/caching_mechanism.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "cache/make_cache.h"
#include "core/hash.h"
#include "hardware/profile.h"
#include "model/modelled_contents.h"

using namespace cachebench;
using namespace cachebench::pipeline;
using model::Outcome;

namespace {

struct Rig {
  explicit Rig(CachingOptions options = {}, Bytes l1 = kMiB * 4)
      : costs(hardware::find_profile("i5-10210u-mx250-nvme"), 1.0) {
    cache::CacheConfig config;
    config.l1_cache_size = l1;
    config.l2_cache_size = kMiB * 8;
    config.l3_cache_size = kMiB * 32;
    config.l2_pin_memory = false;
    cache::CacheSite site;
    site.profile = costs.profile();
    site.throttle = tier::Throttle::kOff;
    cache = cache::make_hierarchical_cache(config, site);
    caching = std::make_unique<CachingMechanism>(&cache->manager(), costs, clock, options);
  }

  CachedRequest ask(const AsyncMultimodalRequest& request) {
    CachedRequest cached;
    RequestPlanner(model::geometry_named("tiny"), {}).plan(request, sequence++, cached.plan);
    caching->look_up(cached);
    caching->wait(cached);
    caching->fetch(cached);
    return cached;
  }

  const RealClock clock;
  const hardware::CostModel costs;
  std::unique_ptr<cache::HierarchicalCache> cache;
  std::unique_ptr<CachingMechanism> caching;
  std::uint64_t sequence = 0;
};

AsyncMultimodalRequest question(std::uint64_t tokens = 40) {
  AsyncMultimodalRequest request;
  request.max_new_tokens = 2;
  request.parts.emplace_back(TextContentPart{.content = hash_key("q"), .tokens = tokens});
  request.parts.emplace_back(ImageContentPart{.content = hash_key("p"), .size = {.width = 64, .height = 64}});
  return request;
}

SharedTensor content_of(const model::Artefact& artefact) {
  std::vector<std::byte> bytes(artefact.bytes.value);
  model::fill_row(model::content_word(artefact.key.lo), bytes);
  return {artefact.meta, std::move(bytes)};
}

bool same(const SharedTensor& a, const SharedTensor& b) {
  const auto x = a.view().data;
  const auto y = b.view().data;
  return a.meta() == b.meta() && std::memcmp(x.data(), y.data(), x.size()) == 0;
}

void offer_all(Rig& rig, CachedRequest& cached) {
  for (std::size_t i = 0; i < cached.artefacts.size(); ++i) {
    if (cached.artefacts[i].outcome == Outcome::kMiss)
      rig.caching->offer(cached, i, content_of(cached.plan.plan.artefacts[i]));
  }
}

}  // namespace

TEST_CASE("what was offered is served again, byte for byte, and covers what it is made of") {
  Rig rig;
  CachedRequest cold = rig.ask(question());
  for (const CachedArtefact& artefact : cold.artefacts) CHECK(artefact.outcome == Outcome::kMiss);
  offer_all(rig, cold);
  rig.caching->finish(cold);
  rig.cache->manager().drain();

  CachedRequest warm = rig.ask(question(50));  // another text of the same beginning has no block in common
  CHECK(warm.artefacts[0].outcome == Outcome::kMiss);
  rig.caching->finish(warm);
  warm = rig.ask(question());
  const std::size_t chain = warm.plan.plan.chain;
  for (std::size_t i = 0; i < chain; ++i) {
    REQUIRE(warm.artefacts[i].tensor);
    CHECK(same(warm.artefacts[i].tensor, content_of(warm.plan.plan.artefacts[i])));
  }
  rig.caching->finish(warm);
  const CachingStats stats = rig.caching->stats();
  CHECK(stats.zero_copy + stats.copied > 0);
  CHECK(stats.computed_twice == 0);
}

TEST_CASE("a tensor that somebody holds keeps its entry in place") {
  Rig rig({}, kKiB * 4);  // everything larger than a page goes to host memory
  CachedRequest cold = rig.ask(question());
  offer_all(rig, cold);
  rig.caching->finish(cold);
  rig.cache->manager().drain();
  CachedRequest warm = rig.ask(question());
  SharedTensor held;
  for (std::size_t i = 0; i < warm.artefacts.size() && !held; ++i) held = warm.artefacts[i].tensor;
  REQUIRE(held);
  const Key key = warm.plan.plan.artefacts[0].key;
  rig.caching->finish(warm);
  warm = {};
  const bool pinned = rig.caching->stats().zero_copy > 0;
  CHECK(rig.cache->manager().erase(key) != pinned);
  CHECK(held.view().data.size() == held.bytes().value);
}

TEST_CASE("hits that the first tier has no room for cross the link when they are used") {
  for (const bool moved : {false, true}) {
    Rig rig({}, kKiB * 4);  // everything larger than a page goes to host memory
    CachedRequest cold = rig.ask(question());
    offer_all(rig, cold);
    rig.caching->finish(cold);
    rig.cache->manager().drain();
    if (moved) {
      rig.caching = std::make_unique<CachingMechanism>(&rig.cache->manager(), rig.costs, rig.clock,
                                                       CachingOptions{.movers = &rig.cache->movers()});
    }
    const std::uint64_t before = rig.cache->plane(Level::kL1).stats().bytes_written.value;
    CachedRequest warm = rig.ask(question());
    std::uint64_t below = 0;
    for (const CachedArtefact& artefact : warm.artefacts) {
      if (!artefact.tensor) continue;
      if (artefact.served != Level::kL1) below += artefact.tensor.bytes().value;
    }
    rig.caching->finish(warm);
    REQUIRE(below > 0);
    CHECK(rig.cache->plane(Level::kL1).stats().bytes_written.value - before == (moved ? below : 0));
  }
}

TEST_CASE("what nobody offers in the end is free for others to compute") {
  Rig rig;
  CachedRequest first = rig.ask(question());
  CHECK(first.artefacts[0].owned != nullptr);
  CachedRequest second = rig.ask(question());
  CHECK(second.artefacts[0].joined != nullptr);
  CHECK_FALSE(rig.caching->available(second, 0));  // and does not wait
  rig.caching->finish(first);                      // gives up
  CHECK_FALSE(rig.caching->available(second, 0));
  CHECK(second.artefacts[0].outcome == Outcome::kMiss);
  rig.caching->finish(second);
  CachedRequest third = rig.ask(question());
  CHECK(third.artefacts[0].owned != nullptr);
  rig.caching->finish(third);
}

TEST_CASE("what another has computed meanwhile is there") {
  Rig rig;
  CachedRequest first = rig.ask(question());
  CachedRequest second = rig.ask(question());
  offer_all(rig, first);
  rig.caching->finish(first);
  REQUIRE(rig.caching->available(second, 0));
  CHECK(same(second.artefacts[0].tensor, content_of(second.plan.plan.artefacts[0])));
  rig.caching->finish(second);
}

TEST_CASE("what another published instead of what was asked for is of no use") {
  Rig rig;
  CachedRequest first = rig.ask(question());
  CachedRequest second = rig.ask(question());
  REQUIRE(second.artefacts[0].joined != nullptr);
  const model::Artefact& asked = first.plan.plan.artefacts[0];
  const TensorMeta meta{.shape = {16}, .dtype = DType::kU8};
  const std::vector<std::byte> bytes(16);
  const TensorView content{.meta = meta, .data = bytes};
  rig.cache->manager().put({.key = asked.key, .kind = asked.kind, .meta = meta, .bytes = Bytes{16}}, &content,
                           std::exchange(first.artefacts[0].owned, nullptr));
  CHECK_FALSE(rig.caching->available(second, 0));
  CHECK(second.artefacts[0].outcome == Outcome::kMiss);
  rig.caching->finish(first);
  rig.caching->finish(second);
}

TEST_CASE("joins that are closed after their request are counted when they land") {
  Rig rig;
  CachedRequest first = rig.ask(question());
  CachedRequest second = rig.ask(question());
  rig.caching->finish(second);  // needed none of it in the end
  CHECK(rig.caching->stats().computed_twice == 0);
  CachedRequest third = rig.ask(question());
  REQUIRE(third.artefacts[0].joined != nullptr);
  rig.caching->offer(third, 0, content_of(third.plan.plan.artefacts[0]));  // computed it itself
  CHECK(rig.caching->stats().computed_twice == 1);
  rig.caching->finish(third);
  CHECK(rig.caching->stats().computed_twice == 1);
  offer_all(rig, first);
  rig.caching->finish(first);
  const cache::CacheCounters counters = rig.cache->manager().counters();
  CHECK(counters.hits + counters.covered + counters.misses == counters.accesses);
}

namespace {

// Serves every vision output as if it were that of a like picture, where there is any.
class Alike final : public CacheFront {
 public:
  explicit Alike(cache::HierarchicalCacheManager& manager) : manager_(manager) {}
  [[nodiscard]] cache::LookupResult lookup(const model::Artefact& artefact,
                                           const cache::EntryDescription& what,
                                           const cache::AccessContext& context) override {
    cache::LookupResult found = manager_.lookup(what, context);
    if (artefact.kind == ArtefactKind::kVisionEncoderOutput && found.handle) found.similarity = 0.97;
    return found;
  }
  void put(const model::Artefact&, const cache::EntryDescription& what, const TensorView& content,
           const cache::FlightPtr& owned) override {
    ++puts;
    manager_.put(what, &content, owned);
  }
  int puts = 0;

 private:
  cache::HierarchicalCacheManager& manager_;
};

}  // namespace

TEST_CASE("what is made from a like content is not kept under the exact one's name") {
  Rig rig;
  Alike front(rig.cache->manager());
  rig.caching = std::make_unique<CachingMechanism>(&rig.cache->manager(), rig.costs, rig.clock,
                                                   CachingOptions{.front = &front});
  const auto offer_all = [&](CachedRequest& request) {
    for (std::size_t i = 0; i < request.artefacts.size(); ++i)
      rig.caching->offer(request, i, content_of(request.plan.plan.artefacts[i]));
    rig.caching->finish(request);
  };
  CachedRequest exact = rig.ask(question());
  CHECK_FALSE(exact.approximate);
  offer_all(exact);
  const int puts = front.puts;
  CHECK(puts > 0);
  CachedRequest other = rig.ask(question(56));  // the same picture behind another text
  CHECK(other.approximate);
  offer_all(other);
  CHECK(front.puts == puts);
}

TEST_CASE("without a cache everything is a miss, and offers go nowhere") {
  const RealClock clock;
  const hardware::CostModel costs(hardware::find_profile("i5-10210u-mx250-nvme"), 1.0);
  CachingMechanism caching(nullptr, costs, clock, {});
  CachedRequest cached;
  RequestPlanner(model::geometry_named("tiny"), {}).plan(question(), 0, cached.plan);
  caching.look_up(cached);
  caching.wait(cached);
  caching.fetch(cached);
  for (std::size_t i = 0; i < cached.artefacts.size(); ++i) {
    CHECK(cached.artefacts[i].outcome == Outcome::kMiss);
    CHECK_FALSE(caching.available(cached, i));
    caching.offer(cached, i, content_of(cached.plan.plan.artefacts[i]));
  }
  caching.finish(cached);
  CHECK_FALSE(caching.enabled());
}

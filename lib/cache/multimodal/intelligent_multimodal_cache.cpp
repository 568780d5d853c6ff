// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/intelligent_multimodal_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cache/similarity/threshold.h"
#include "core/check.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/rng.h"

namespace cachebench::cache {

IntelligentMultimodalCache::IntelligentMultimodalCache(const MultimodalOptions& options,
                                                       std::span<HierarchicalCacheManager* const> shards)
    : options_(options) {
  CACHEBENCH_CHECK(!shards.empty(), "a cache without a shard");
  for (HierarchicalCacheManager* manager : shards) {
    Shard shard{.manager = manager,
                .books = std::make_unique<ShardBooks>(options.similarity, options.regret_window),
                .limits = {}};
    for (const TierOptions& tier : manager->tiers()) shard.limits.push_back(tier.capacity);
    manager->attach(shard.books.get());
    if (options.clock != nullptr) manager->follow(options.clock);
    shards_.push_back(std::move(shard));
  }
}

IntelligentMultimodalCache::~IntelligentMultimodalCache() {
  for (const Shard& shard : shards_) {
    shard.manager->attach(nullptr);
    if (options_.clock != nullptr) shard.manager->follow(nullptr);
  }
}

// By bits that the directory's own table does not begin with.
std::size_t IntelligentMultimodalCache::number_of(const Key& key) const {
  return shards_.size() == 1 ? 0 : static_cast<std::size_t>(splitmix64(key.hi ^ key.lo) % shards_.size());
}

StoreResult IntelligentMultimodalCache::put(const Key& key, ArtefactKind kind, const TensorView& tensor,
                                            const StoreTerms& terms) {
  check_tensor(kind, tensor, options_.non_finite);
  if (!terms.traits.embedding.empty()) {
    if (const VectorFault fault = fault_of(terms.traits.embedding); fault != VectorFault::kNone)
      throw Error(ErrorKind::kInput, fmt::format("the embedding of an entry: {}", name_of(fault)));
  }
  const EntryDescription what{.key = key,
                              .kind = kind,
                              .meta = tensor.meta,
                              .bytes = tensor.meta.bytes(),
                              .recompute = terms.recompute};
  HierarchicalCacheManager& manager = *shard_of(key).manager;
  StoreResult result{.put = manager.put(what, &tensor, nullptr, terms.keep, &terms.traits)};
  if (result.put.other_tensor) {
    throw Error(
        ErrorKind::kInput,
        fmt::format("key {} names a tensor of another entry type, shape or element type: a key stands "
                    "for one content, erase it first",
                    to_hex(key)));
  }
  result.refused = result.put.refused;
  return result;
}

std::optional<CachedTensor> IntelligentMultimodalCache::get(const Key& key, ArtefactKind kind,
                                                            const ContentTraits& traits) {
  const std::size_t shard = traits.none() ? number_of(key) : likest_shard(key, kind, traits);
  LookupResult found = shards_[shard].manager->get(key, kind, &traits);
  if (!found.handle) return std::nullopt;
  if (found.handle.has_bytes() && found.handle.copy().info().kind != kind) {
    throw Error(ErrorKind::kInput,
                fmt::format("key {} names a tensor for {}, not for {}", to_hex(key),
                            entry_type_of(found.handle.copy().info().kind), entry_type_of(kind)));
  }
  return CachedTensor{.tensor = std::move(found.handle), .similarity = found.similarity};
}

LookupResult IntelligentMultimodalCache::lookup(const EntryDescription& what, const AccessContext& context,
                                                const ContentTraits& traits) {
  const std::size_t own = number_of(what.key);
  const std::size_t shard = traits.none() ? own : likest_shard(what.key, what.kind, traits);
  LookupResult result = shards_[shard].manager->lookup(what, context, &traits);
  if (shard == own || !result.owned) return result;
  // The like entry left meanwhile. Whoever computes it stores it where it belongs, so nobody waits for it
  // here.
  shards_[shard].manager->abandon(what, std::exchange(result.owned, nullptr));
  result.owned = std::make_shared<Flight>(result.decision.cause);
  return result;
}

std::size_t IntelligentMultimodalCache::likest_shard(const Key& key, ArtefactKind kind,
                                                     const ContentTraits& traits) const {
  const std::size_t own = number_of(key);
  if (shards_.size() == 1 || !options_.similarity.enabled()) return own;
  bool there = false;
  shards_[own].manager->inspect([&](const DecisionEngine& engine) {
    const EntryId id = engine.directory().find(key);
    there = id != kNoEntry && !engine.directory()[id].copies.empty();
  });
  if (there) return own;
  std::size_t likest = own;
  double score = -1;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i].manager->inspect([&](const DecisionEngine& engine) {
      const std::optional<StandIn> best = shards_[i].books->best(kind, traits, engine);
      if (!best || best->score <= score) return;
      likest = i;
      score = best->score;
    });
  }
  return likest;
}

PutResult IntelligentMultimodalCache::put(const EntryDescription& what, const TensorView* content,
                                          const FlightPtr& owned, const PutTerms& terms,
                                          const ContentTraits& traits) {
  return shard_of(what.key).manager->put(what, content, owned, terms, &traits);
}

std::vector<SimilarEntry> IntelligentMultimodalCache::find_similar(ArtefactKind kind,
                                                                   const ContentTraits& traits,
                                                                   const FindOptions& options) const {
  check_threshold(options.threshold);
  std::vector<SimilarEntry> found;
  if (traits.none()) return found;
  for (const Shard& shard : shards_) {
    shard.manager->expire_due();
    shard.manager->inspect([&](const DecisionEngine& engine) {
      for (const SimilarHit& hit : shard.books->entries().find(kind, traits, options)) {
        if (engine.can_stand_in(hit.id))
          found.push_back({.key = engine.directory()[hit.id].what.key, .score = hit.score});
      }
    });
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const SimilarEntry& a, const SimilarEntry& b) { return a.score > b.score; });
  if (found.size() > options.top_k) found.resize(options.top_k);
  return found;
}

void IntelligentMultimodalCache::expire_due() {
  for (const Shard& shard : shards_) shard.manager->expire_due();
}

Bytes IntelligentMultimodalCache::resize(double share) {
  if (!(share >= 0 && share <= 1))
    throw Error(ErrorKind::kUsage, fmt::format("a share of {} of the capacity: it goes from 0 to 1", share));
  Bytes sum;
  for (const Shard& shard : shards_) {
    for (std::size_t tier = 0; tier < shard.limits.size(); ++tier) {
      const SizeSpec part{.absolute = {}, .share = share, .is_share = true};
      sum += shard.manager->resize(level_at(tier), part.resolve(shard.limits[tier]));
    }
  }
  return sum;
}

Bytes IntelligentMultimodalCache::capacity() const {
  Bytes sum;
  for (const Shard& shard : shards_) {
    for (const TierOptions& tier : shard.manager->tiers()) sum += tier.capacity;
  }
  return sum;
}

Bytes IntelligentMultimodalCache::limit() const {
  Bytes sum;
  for (const Shard& shard : shards_) {
    for (const Bytes limit : shard.limits) sum += limit;
  }
  return sum;
}

void IntelligentMultimodalCache::reset_books() {
  for (const Shard& shard : shards_)
    shard.manager->inspect([&](const DecisionEngine&) { shard.books->regret().reset(); });
}

MultimodalStatistics IntelligentMultimodalCache::statistics() const {
  MultimodalStatistics all;
  for (const Shard& shard : shards_) {
    shard.manager->inspect([&](const DecisionEngine& engine) {
      all.add(engine.counters());
      all.resident += engine.residents();
      for (std::size_t i = 0; i < engine.tier_count(); ++i) all.capacity += engine.tier(level_at(i)).capacity;
      all.regret += shard.books->regret().counts(engine.sequence());
      all.comparable += shard.books->entries().size();
      all.similarity_memory += shard.books->entries().memory();
    });
  }
  all.regret_window = options_.regret_window;
  return all;
}

}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "cache/hierarchical_cache_manager.h"
#include "cache/multimodal/entry_types.h"
#include "cache/multimodal/multimodal_statistics.h"
#include "cache/multimodal/shard_books.h"
#include "core/clock.h"

/// The cache of typed multimodal entries: texts, images, pairs, encoder outputs, attention states, fusion
/// outputs. It stores them in the tiered cache, whose eviction, budgets, quotas, priorities and lifetimes
/// these are; it adds what a content is like, so that a similar entry may serve, and the books by entry type.
///
/// A cache stands on one or more managers, its shards: an entry lives in the one that its key names, which
/// has a lock and a share of every capacity of its own. One shard decides as the manager alone does and is
/// what replays use; more let threads work side by side. Budgets and quotas hold in every shard, so in all;
/// recency is kept within each.
///
/// The managers and the clock are borrowed and outlive the cache. Thread-safe. Throws Error{kUsage} for
/// options and terms that make no sense and Error{kInput} for a tensor that is none; a miss and a refusal are
/// return values.
namespace cachebench::cache {

struct MultimodalOptions {
  SimilarityOptions similarity{};
  NonFinite non_finite = NonFinite::kRefuse;
  std::uint64_t regret_window = 1000;  ///< references that eviction is judged by
  const Clock* clock = nullptr;        ///< null: the managers' own decision clock
};

/// How an entry is stored.
struct StoreTerms {
  PutTerms keep{};           ///< for how long, and before whom it goes
  ContentTraits traits{};    ///< by what it can be found
  Nanoseconds recompute{0};  ///< modelled cost of computing it anew, for policies that weigh it
};

struct StoreResult {
  PutResult put;
  MissCause refused = MissCause::kCold;  ///< kRefused: too_large, not_admitted, or capacity (all is pinned)
  [[nodiscard]] bool stored() const { return put.status != PutStatus::kRefused; }
};

/// A tensor found in the cache; while it is alive it is neither moved nor freed.
struct CachedTensor {
  TensorHandle tensor;
  std::optional<double> similarity{};  ///< found by likeness: how like, 0 to 1
};

/// An entry of like content.
struct SimilarEntry {
  Key key;
  double score = 0;
};

class IntelligentMultimodalCache {
 public:
  IntelligentMultimodalCache(const MultimodalOptions& options,
                             std::span<HierarchicalCacheManager* const> shards);
  ~IntelligentMultimodalCache();
  IntelligentMultimodalCache(const IntelligentMultimodalCache&) = delete;
  IntelligentMultimodalCache& operator=(const IntelligentMultimodalCache&) = delete;

  // By key, for callers that bring and take tensors.
  /// Stores a tensor; one that is there already stays, with the new terms.
  StoreResult put(const Key& key, ArtefactKind kind, const TensorView& tensor, const StoreTerms& terms = {});
  /// The entry, or with `traits` one of like content where that is allowed. Nothing on a miss.
  [[nodiscard]] std::optional<CachedTensor> get(const Key& key, ArtefactKind kind,
                                                const ContentTraits& traits = {});
  /// The resident entries most like a content, whatever the cache is allowed to serve. Counts nothing.
  [[nodiscard]] std::vector<SimilarEntry> find_similar(ArtefactKind kind, const ContentTraits& traits,
                                                       const FindOptions& options) const;
  bool erase(const Key& key) { return shard_of(key).manager->erase(key); }
  bool pin(const Key& key) { return shard_of(key).manager->pin(key); }
  bool unpin(const Key& key) { return shard_of(key).manager->unpin(key); }

  // By description, for callers that compute what is missing: as those of HierarchicalCacheManager.
  [[nodiscard]] LookupResult lookup(const EntryDescription& what, const AccessContext& context = {},
                                    const ContentTraits& traits = {});
  PutResult put(const EntryDescription& what, const TensorView* content, const FlightPtr& owned,
                const PutTerms& terms = {}, const ContentTraits& traits = {});

  /// Gives up what has expired; every look-up does so in its own shard.
  void expire_due();
  /// Sets every tier to a share, 0 to 1, of the capacity that it was made with. Returns the bytes that the
  /// cache has now: what is pinned stays. Throws Error{kUsage} for a share outside [0, 1].
  Bytes resize(double share);
  [[nodiscard]] Bytes capacity() const;
  /// What it can be resized to.
  [[nodiscard]] Bytes limit() const;
  [[nodiscard]] MultimodalStatistics statistics() const;
  /// Judges evictions anew; the managers' counters are theirs to reset.
  void reset_books();
  [[nodiscard]] std::size_t shards() const { return shards_.size(); }
  [[nodiscard]] HierarchicalCacheManager& manager(std::size_t shard) { return *shards_[shard].manager; }
  [[nodiscard]] const MultimodalOptions& options() const { return options_; }

 private:
  struct Shard {
    HierarchicalCacheManager* manager;
    std::unique_ptr<ShardBooks> books;  ///< touched under the manager's lock alone
    std::vector<Bytes> limits;          ///< the tiers' capacities as made
  };
  [[nodiscard]] std::size_t number_of(const Key& key) const;
  [[nodiscard]] Shard& shard_of(const Key& key) { return shards_[number_of(key)]; }
  /// Where a missing content should be asked for: the shard with the likest entry, or its own.
  [[nodiscard]] std::size_t likest_shard(const Key& key, ArtefactKind kind,
                                         const ContentTraits& traits) const;

  MultimodalOptions options_;
  std::vector<Shard> shards_;
};

}  // namespace cachebench::cache

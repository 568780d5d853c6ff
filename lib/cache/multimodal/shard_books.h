// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cache/companion.h"
#include "cache/multimodal/eviction_regret.h"
#include "cache/multimodal/similar_entries.h"

/// What the multimodal cache keeps beside one shard's directory: which entries are like which contents, and
/// how evictions turned out. Called under that shard's lock alone. A threshold outside [0, 1] throws
/// Error{kUsage} on construction.
namespace cachebench::cache {

/// Which contents may be served by similar ones, and how similar they have to be. Off unless asked for.
struct SimilarityOptions {
  bool text = false;       ///< `text` entries, by SimHash
  bool image = false;      ///< `image` and `vision_encoder_output` entries, by pHash
  bool embedding = false;  ///< any entry, by the cosine of embeddings
  double threshold = 0.9;
  std::size_t top_k = 1;  ///< candidates looked at
  /// How many bits of the pictures' fine codes may differ; all of them: no second look. With one, a picture
  /// without a fine code, or without any structure in it, is served by no other.
  int fine_distance = kFineCodeBits;
  [[nodiscard]] bool enabled() const { return text || image || embedding; }
};

class ShardBooks final : public Companion {
 public:
  ShardBooks(const SimilarityOptions& similarity, std::uint64_t regret_window);

  [[nodiscard]] std::optional<StandIn> stand_in(EntryId asked, const ContentTraits& traits,
                                                const DecisionEngine& engine) override;
  void missed(EntryId id, const DecisionEngine& engine) override;
  void offered(EntryId id, const ContentTraits& traits) override;
  void entered(EntryId id, const DecisionEngine& engine) override;
  void erased(EntryId id) override { erased_ = id; }
  void left(EntryId id, const DecisionEngine& engine) override;

  /// The best score that `stand_in` would find for an entry of the kind; nothing when none is near enough.
  [[nodiscard]] std::optional<StandIn> best(ArtefactKind kind, const ContentTraits& traits,
                                            const DecisionEngine& engine) const;
  [[nodiscard]] const SimilarEntries& entries() const { return entries_; }
  [[nodiscard]] EvictionRegret& regret() { return regret_; }

 private:
  /// What of the traits the options let be used for a kind.
  [[nodiscard]] ContentTraits allowed(ArtefactKind kind, const ContentTraits& traits) const;

  SimilarityOptions similarity_;
  SimilarEntries entries_;
  EvictionRegret regret_;
  EntryId offered_ = kNoEntry;  ///< between `offered` and `entered`
  ContentTraits offered_traits_;
  EntryId erased_ = kNoEntry;  ///< between `erased` and `left`
};

}  // namespace cachebench::cache

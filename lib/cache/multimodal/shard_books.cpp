// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/shard_books.h"

#include <algorithm>
#include <utility>

#include "cache/similarity/threshold.h"

namespace cachebench::cache {

ShardBooks::ShardBooks(const SimilarityOptions& similarity, std::uint64_t regret_window)
    : similarity_(similarity), regret_(regret_window) {
  check_threshold(similarity.threshold);
}

ContentTraits ShardBooks::allowed(ArtefactKind kind, const ContentTraits& traits) const {
  ContentTraits some{.space = traits.space};
  const bool pair = kind == ArtefactKind::kTextImagePair;
  const bool pictures = kind == ArtefactKind::kImage || kind == ArtefactKind::kVisionEncoderOutput;
  if (pair && similarity_.text && similarity_.image && traits.text_code && traits.image_code) {
    some.text_code = traits.text_code;
    some.image_code = traits.image_code;
    some.image_fine = traits.image_fine;
  }
  if (kind == ArtefactKind::kText && similarity_.text) some.text_code = traits.text_code;
  if (pictures && similarity_.image) {
    some.image_code = traits.image_code;
    some.image_fine = traits.image_fine;
  }
  if (similarity_.embedding && some.none()) some.embedding = traits.embedding;
  return some;
}

std::optional<StandIn> ShardBooks::best(ArtefactKind kind, const ContentTraits& traits,
                                        const DecisionEngine& engine) const {
  const ContentTraits some = allowed(kind, traits);
  if (some.none()) return std::nullopt;
  const FindOptions options{.threshold = similarity_.threshold,
                            .top_k = std::max<std::size_t>(1, similarity_.top_k),
                            .fine_distance = similarity_.fine_distance};
  for (const SimilarHit& hit : entries_.find(kind, some, options)) {
    if (engine.can_stand_in(hit.id)) return StandIn{.id = hit.id, .score = hit.score};
  }
  return std::nullopt;
}

std::optional<StandIn> ShardBooks::stand_in(EntryId asked, const ContentTraits& traits,
                                            const DecisionEngine& engine) {
  return best(engine.directory()[asked].what.kind, traits, engine);
}

void ShardBooks::missed(EntryId id, const DecisionEngine& engine) {
  regret_.missed(id, engine.sequence());
}

void ShardBooks::offered(EntryId id, const ContentTraits& traits) {
  offered_ = id;
  offered_traits_ = traits;
}

void ShardBooks::entered(EntryId id, const DecisionEngine& engine) {
  if (id != offered_ || offered_traits_.none()) return;
  // Everything that is known, whatever may be asked by: find_similar sees it too.
  entries_.insert(id, engine.directory()[id].what.kind, offered_traits_);
  offered_ = kNoEntry;
}

void ShardBooks::left(EntryId id, const DecisionEngine& engine) {
  entries_.erase(id);
  const bool asked_to = std::exchange(erased_, kNoEntry) == id;
  if (!asked_to && engine.directory()[id].absent == MissCause::kCapacity)
    regret_.evicted(id, engine.sequence());
}

}  // namespace cachebench::cache

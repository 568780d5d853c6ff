// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/similar_entries.h"

#include <algorithm>
#include <unordered_map>

#include "core/picture_structure.h"

namespace cachebench::cache {

void SimilarEntries::insert(EntryId id, ArtefactKind kind, const ContentTraits& traits) {
  erase(id);
  if (traits.none()) return;
  const auto next = static_cast<std::uint16_t>(indexes_.size() + 1);
  if (next == kNowhere && !numbers_.contains(Space{kind, traits.space})) return;
  const auto [found, is_new] = numbers_.try_emplace(Space{kind, traits.space}, next);
  if (is_new) indexes_.emplace_back();
  SimilarityIndex& index = indexes_[found->second - 1U];
  bool inserted = traits.text_code.has_value() || traits.image_code.has_value();
  if (traits.text_code) index.insert(Modality::kText, id, *traits.text_code);
  if (traits.image_code && traits.image_fine) {
    index.insert(id, PictureCode{.coarse = *traits.image_code, .fine = *traits.image_fine});
  } else if (traits.image_code) {
    index.insert(Modality::kImage, id, *traits.image_code);
  }
  if (!traits.embedding.empty() && index.insert(id, traits.embedding) == VectorFault::kNone) inserted = true;
  if (!inserted) return;
  if (index_of(id) >= places_.size()) places_.resize(std::size_t{index_of(id)} + 1);
  places_[index_of(id)] = found->second;
  ++size_;
}

void SimilarEntries::erase(EntryId id) {
  if (index_of(id) >= places_.size() || places_[index_of(id)] == kNowhere) return;
  indexes_[places_[index_of(id)] - 1U].erase(id);
  places_[index_of(id)] = kNowhere;
  --size_;
}

std::vector<SimilarHit> SimilarEntries::find(ArtefactKind kind, const ContentTraits& traits,
                                             const FindOptions& options) const {
  const auto found = numbers_.find(Space{kind, traits.space});
  if (found == numbers_.end() || options.top_k == 0) return {};
  const SimilarityIndex& index = indexes_[found->second - 1U];
  if (traits.text_code && traits.image_code) return find_pair(index, traits, options);
  if (traits.text_code) return index.find(Modality::kText, *traits.text_code, options);
  if (traits.image_code) return find_picture(index, traits, options);
  return index.find(traits.embedding, options);
}

std::vector<SimilarHit> SimilarEntries::find_picture(const SimilarityIndex& index,
                                                     const ContentTraits& traits,
                                                     const FindOptions& options) {
  if (options.fine_distance >= kFineCodeBits)
    return index.find(Modality::kImage, *traits.image_code, options);
  // Nothing to take a second look with, or at.
  if (!traits.image_fine || !has_structure(*traits.image_fine)) return {};
  return index.find(PictureCode{.coarse = *traits.image_code, .fine = *traits.image_fine}, options);
}

std::vector<SimilarHit> SimilarEntries::find_pair(const SimilarityIndex& index, const ContentTraits& traits,
                                                  const FindOptions& options) {
  // Both lists in full: the best pair may be the last of either.
  const FindOptions all{.threshold = options.threshold,
                        .top_k = index.size(Modality::kText) + 1,
                        .fine_distance = options.fine_distance};
  std::unordered_map<EntryId, double> by_text;
  for (const SimilarHit& hit : index.find(Modality::kText, *traits.text_code, all))
    by_text.emplace(hit.id, hit.score);
  std::vector<SimilarHit> pairs;
  for (const SimilarHit& hit : find_picture(index, traits, all)) {
    const auto text = by_text.find(hit.id);
    if (text != by_text.end()) pairs.push_back({.id = hit.id, .score = std::min(hit.score, text->second)});
  }
  std::sort(pairs.begin(), pairs.end(), [](const SimilarHit& a, const SimilarHit& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });
  if (pairs.size() > options.top_k) pairs.resize(options.top_k);
  return pairs;
}

Bytes SimilarEntries::memory() const {
  Bytes sum{places_.capacity() * sizeof(std::uint16_t)};
  for (const SimilarityIndex& index : indexes_) sum += index.memory();
  return sum;
}

}  // namespace cachebench::cache

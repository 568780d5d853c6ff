// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/similarity_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>

#include "cache/similarity/threshold.h"
#include "core/check.h"
#include "core/error.h"

namespace cachebench::cache {

const char* name_of(Modality modality) {
  switch (modality) {
    case Modality::kText:
      return "text";
    case Modality::kImage:
      return "image";
    case Modality::kEmbedding:
      return "embedding";
  }
  return "unknown";
}

void SimilarityIndex::CodeIndex::insert(EntryId id, std::uint64_t code) {
  CACHEBENCH_CHECK(id != kNoEntry, "an entry without id");
  const std::size_t at = index_of(id);
  if (at >= slots_.size()) slots_.resize(at + 1, kNoSlot);
  if (slots_[at] != kNoSlot) codes_.remove(slots_[at]);
  slots_[at] = codes_.insert(code, id);
  // The slot may have been another's.
  const auto slot = static_cast<std::size_t>(slots_[at]);
  if (slot < fine_.size()) fine_[slot] = kNoFineCode;
}

void SimilarityIndex::CodeIndex::insert(EntryId id, const PictureCode& code) {
  insert(id, code.coarse);
  const auto slot = static_cast<std::size_t>(slots_[index_of(id)]);
  if (slot >= fine_.size()) fine_.resize(slot + 1, kNoFineCode);
  fine_[slot] = code.fine;
}

int SimilarityIndex::CodeIndex::fine_distance(EntryId id, const FineCode& fine) const {
  const auto slot = static_cast<std::size_t>(slots_[index_of(id)]);
  if (slot >= fine_.size() || fine_[slot] == kNoFineCode) return kFineCodeBits;
  return hamming_distance(fine_[slot], fine);
}

void SimilarityIndex::CodeIndex::erase(EntryId id) {
  if (!contains(id)) return;
  HammingIndex::Slot& slot = slots_[index_of(id)];
  codes_.remove(slot);
  slot = kNoSlot;
}

bool SimilarityIndex::CodeIndex::contains(EntryId id) const {
  const std::size_t at = index_of(id);
  return at < slots_.size() && slots_[at] != kNoSlot;
}

Bytes SimilarityIndex::CodeIndex::memory() const {
  return codes_.memory() +
         Bytes{slots_.capacity() * sizeof(HammingIndex::Slot) + fine_.capacity() * sizeof(FineCode)};
}

SimilarityIndex::SimilarityIndex(EmbeddingOptions embedding) : embedding_options_(embedding) {}

SimilarityIndex::CodeIndex& SimilarityIndex::codes_of(Modality modality) {
  const auto at = static_cast<std::size_t>(modality);
  CACHEBENCH_CHECK(at < kCodeModalities, "{} has no codes", name_of(modality));
  return codes_[at];
}

const SimilarityIndex::CodeIndex& SimilarityIndex::codes_of(Modality modality) const {
  const auto at = static_cast<std::size_t>(modality);
  CACHEBENCH_CHECK(at < kCodeModalities, "{} has no codes", name_of(modality));
  return codes_[at];
}

void SimilarityIndex::insert(Modality modality, EntryId id, std::uint64_t code) {
  codes_of(modality).insert(id, code);
}

void SimilarityIndex::insert(EntryId id, const PictureCode& code) {
  codes_of(Modality::kImage).insert(id, code);
}

VectorFault SimilarityIndex::insert(EntryId id, std::span<const float> embedding) {
  if (embeddings_ == nullptr) {
    if (const VectorFault fault = fault_of(embedding); fault != VectorFault::kNone) return fault;
    EmbeddingOptions options = embedding_options_;
    options.dimension = embedding.size();
    embeddings_ = std::make_unique<EmbeddingIndex>(options);
  }
  return embeddings_->insert(id, embedding);
}

void SimilarityIndex::erase(EntryId id) {
  for (CodeIndex& codes : codes_) codes.erase(id);
  if (embeddings_ != nullptr) embeddings_->erase(id);
}

void SimilarityIndex::erase(Modality modality, EntryId id) {
  if (modality != Modality::kEmbedding) {
    codes_of(modality).erase(id);
  } else if (embeddings_ != nullptr) {
    embeddings_->erase(id);
  }
}

bool SimilarityIndex::contains(Modality modality, EntryId id) const {
  if (modality != Modality::kEmbedding) return codes_of(modality).contains(id);
  return embeddings_ != nullptr && embeddings_->contains(id);
}

std::vector<SimilarHit> SimilarityIndex::find(Modality modality, std::uint64_t code,
                                              const FindOptions& options) const {
  const SimilarQuery query{
      .code = code, .max_distance = max_distance_of(options.threshold), .top_k = options.top_k};
  std::vector<SimilarHit> hits;
  for (const SimilarMatch& match : codes_of(modality).codes().query(query)) {
    hits.push_back({.id = match.id, .score = similarity_of(match.distance)});
  }
  return hits;
}

std::vector<SimilarHit> SimilarityIndex::find(const PictureCode& code, const FindOptions& options) const {
  if (options.fine_distance < 0 || options.fine_distance > kFineCodeBits) {
    throw Error(ErrorKind::kUsage,
                fmt::format("fine distance {}: from 0 to {}", options.fine_distance, kFineCodeBits));
  }
  constexpr std::size_t kLookedAt = 256;
  const CodeIndex& pictures = codes_of(Modality::kImage);
  struct Confirmed {
    int distance = 0;
    int fine = 0;
    EntryId id = kNoEntry;
    auto operator<=>(const Confirmed&) const = default;
  };
  std::vector<Confirmed> confirmed;
  for (const SimilarMatch& match : pictures.codes().query({.code = code.coarse,
                                   .max_distance = max_distance_of(options.threshold),
                                   .top_k = options.top_k == 0 ? 0 : std::max(options.top_k, kLookedAt)})) {
    const int fine = pictures.fine_distance(match.id, code.fine);
    if (fine <= options.fine_distance) confirmed.push_back({match.distance, fine, match.id});
  }
  std::sort(confirmed.begin(), confirmed.end());
  if (confirmed.size() > options.top_k) confirmed.resize(options.top_k);
  std::vector<SimilarHit> hits;
  for (const Confirmed& one : confirmed) {
    hits.push_back({.id = one.id, .score = similarity_of(one.distance)});
  }
  return hits;
}

std::vector<SimilarHit> SimilarityIndex::find(std::span<const float> embedding,
                                              const FindOptions& options) const {
  check_threshold(options.threshold);
  std::vector<SimilarHit> hits;
  if (embeddings_ == nullptr) return hits;
  for (const EmbeddingMatch& match :
       embeddings_->query({.vector = embedding, .threshold = options.threshold, .top_k = options.top_k})) {
    hits.push_back({.id = match.id, .score = match.cosine});
  }
  return hits;
}

std::size_t SimilarityIndex::size(Modality modality) const {
  if (modality != Modality::kEmbedding) return codes_of(modality).codes().size();
  return embeddings_ == nullptr ? 0 : embeddings_->size();
}

Bytes SimilarityIndex::memory() const {
  Bytes sum{0};
  for (const CodeIndex& codes : codes_) sum += codes.memory();
  return embeddings_ == nullptr ? sum : sum + embeddings_->memory();
}

}  // namespace cachebench::cache

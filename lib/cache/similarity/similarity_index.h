// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cache/similarity/embedding_index.h"
#include "cache/similarity/hamming_index.h"
#include "core/hamming.h"
#include "core/ids.h"
#include "core/units.h"

/// What a cache asks for entries that resemble a request: one index for each modality, found by 64-bit code
/// (SimHash of text, pHash of pictures) or by embedding. Owns codes and vectors, not the entries; about 65
/// bytes for each of a million codes, an embedding besides costs what EmbeddingIndex says. Codes are searched
/// exactly, embeddings through a graph. Changes are O(1) amortised for codes. Thread-compatible: finds may
/// run side by side, changes alone. A threshold outside [0, 1] and a bad vector in a query throw
/// Error{kUsage/kInput}; a bad vector to insert is refused by value.
namespace cachebench::cache {

enum class Modality : std::uint8_t { kText, kImage, kEmbedding };
inline constexpr std::size_t kCodeModalities = 2;  ///< those found by code come first
[[nodiscard]] const char* name_of(Modality modality);

/// The hash that finds a picture and the one for a second look at what it found (image/phash.h).
struct PictureCode {
  std::uint64_t coarse = 0;
  FineCode fine{};
};

struct FindOptions {
  double threshold = 0.9;  ///< least score of a hit
  std::size_t top_k = 1;
  /// With a PictureCode: how many of the 256 fine bits may differ; all of them: no second look.
  int fine_distance = kFineCodeBits;
};
/// What copies that were resized, recompressed or got noise stay within and second views of a scene mostly do
/// not (docs/similarity.md).
inline constexpr int kCopyFineDistance = 10;

struct SimilarHit {
  EntryId id = kNoEntry;
  double score = 0;  ///< 1 − distance / 64, or the cosine; from 0 to 1
  bool operator==(const SimilarHit&) const = default;
};

class SimilarityIndex {
 public:
  /// The vectors' dimension is that of the first one inserted; `embedding.dimension` is not looked at.
  explicit SimilarityIndex(EmbeddingOptions embedding = {});

  /// An entry may be in several modalities; inserting it again replaces its code there.
  /// REQUIRES: kText or kImage.
  void insert(Modality modality, EntryId id, std::uint64_t code);
  /// Into kImage, with what a second look needs: 32 bytes more.
  void insert(EntryId id, const PictureCode& code);
  [[nodiscard]] VectorFault insert(EntryId id, std::span<const float> embedding);

  /// From every modality; unknown entries are none of its business.
  void erase(EntryId id);
  void erase(Modality modality, EntryId id);
  [[nodiscard]] bool contains(Modality modality, EntryId id) const;

  /// Best first; ties go to the lower id. REQUIRES: kText or kImage.
  [[nodiscard]] std::vector<SimilarHit> find(Modality modality, std::uint64_t code,
                                             const FindOptions& options = {}) const;
  /// In kImage; of the 256 nearest (or top_k, when that is more) those that a second look confirms. Ties go
  /// to the nearer of the fine codes, then to the lower id. Entries put in without a fine code are confirmed
  /// only when any distance is. Throws Error{kUsage} for a fine distance outside 0 to 256.
  [[nodiscard]] std::vector<SimilarHit> find(const PictureCode& code, const FindOptions& options = {}) const;
  /// Nothing while no embedding was inserted.
  [[nodiscard]] std::vector<SimilarHit> find(std::span<const float> embedding,
                                             const FindOptions& options = {}) const;

  [[nodiscard]] std::size_t size(Modality modality) const;
  /// Memory held.
  [[nodiscard]] Bytes memory() const;

 private:
  /// The codes of one modality and where each entry's is.
  class CodeIndex {
   public:
    void insert(EntryId id, std::uint64_t code);
    void insert(EntryId id, const PictureCode& code);
    /// kFineCodeBits for an entry without fine code.
    [[nodiscard]] int fine_distance(EntryId id, const FineCode& fine) const;
    void erase(EntryId id);
    [[nodiscard]] bool contains(EntryId id) const;
    [[nodiscard]] const HammingIndex& codes() const { return codes_; }
    [[nodiscard]] Bytes memory() const;

   private:
    static constexpr HammingIndex::Slot kNoSlot{UINT32_MAX};
    /// No picture has this: at most half of its bits lie above their median.
    static constexpr FineCode kNoFineCode{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    HammingIndex codes_;
    std::vector<HammingIndex::Slot> slots_;  ///< by id
    std::vector<FineCode> fine_;             ///< by slot, as far as any were given; kNoFineCode: none
  };

  [[nodiscard]] CodeIndex& codes_of(Modality modality);
  [[nodiscard]] const CodeIndex& codes_of(Modality modality) const;

  EmbeddingOptions embedding_options_;
  std::array<CodeIndex, kCodeModalities> codes_;
  std::unique_ptr<EmbeddingIndex> embeddings_;  ///< from the first vector on
};

}  // namespace cachebench::cache

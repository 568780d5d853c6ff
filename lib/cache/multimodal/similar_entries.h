// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "cache/companion.h"
#include "cache/similarity/similarity_index.h"
#include "core/ids.h"
#include "core/units.h"

/// Which entries of a cache are like a content: an index for each kind of entry and space. A content with
/// codes of text and image (a pair) is as like another as the less like of the two says; one without codes is
/// found by its embedding. A second look (`fine_distance`) finds pictures with a fine code alone.
/// Thread-compatible. Throws Error{kUsage} for a threshold outside [0, 1] and Error{kInput} for an embedding
/// to ask for that has no direction.
namespace cachebench::cache {

class SimilarEntries {
 public:
  /// Inserting an entry again replaces what was known of it. An embedding without a direction is left out,
  /// and so is what belongs to no kind and space of the first 65,535.
  void insert(EntryId id, ArtefactKind kind, const ContentTraits& traits);
  void erase(EntryId id);
  /// Best first, at most `top_k`.
  [[nodiscard]] std::vector<SimilarHit> find(ArtefactKind kind, const ContentTraits& traits,
                                             const FindOptions& options) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Memory held.
  [[nodiscard]] Bytes memory() const;

 private:
  using Space = std::pair<ArtefactKind, std::uint64_t>;
  static constexpr std::uint16_t kNowhere = 0;
  [[nodiscard]] static std::vector<SimilarHit> find_picture(const SimilarityIndex& index,
                                                            const ContentTraits& traits,
                                                            const FindOptions& options);
  [[nodiscard]] static std::vector<SimilarHit> find_pair(const SimilarityIndex& index,
                                                         const ContentTraits& traits,
                                                         const FindOptions& options);

  std::map<Space, std::uint16_t> numbers_;  ///< of the indexes, from 1
  std::vector<SimilarityIndex> indexes_;
  std::vector<std::uint16_t> places_;  ///< by id: number of its index
  std::size_t size_ = 0;
};

}  // namespace cachebench::cache

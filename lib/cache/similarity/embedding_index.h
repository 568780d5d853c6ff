// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/ids.h"
#include "core/units.h"

/// The entries whose embedding points the same way as a query's: a navigable small-world graph (Malkov and
/// Yashunin 2018, hnswlib) proposes candidates, whose cosines are then computed anew in double precision and
/// compared with the threshold, so a hit's score is right though a near entry may be missed. Owns the
/// vectors, scaled to length 1: 5 bytes for each dimension and about 250 for links and look-up. Removed
/// entries stay in the graph as way marks until their place is taken; when three quarters are such, the graph
/// is made anew. Thread-compatible: queries may run side by side, changes alone. Sums are taken in the same
/// order with and without AVX2, so machines agree. Throws Error{kUsage} for options that make no sense,
/// Error{kInput} for a query that is no direction, Error{kEnvironment} when memory is short; a vector to
/// insert is refused by value.
namespace cachebench::cache {

struct EmbeddingOptions {
  std::size_t dimension = 0;               ///< 1 to 65,536
  std::size_t links = 16;                  ///< of each entry, 2 to 128; twice as many on the lowest layer
  std::size_t construction_breadth = 200;  ///< candidates weighed when an entry is linked
  std::size_t search_breadth = 96;         ///< candidates weighed in a query: more find more
};

/// Why a vector has no direction to compare.
enum class VectorFault : std::uint8_t { kNone, kWrongDimension, kNotFinite, kZeroNorm };
[[nodiscard]] const char* name_of(VectorFault fault);
/// kNone for a vector with a direction; an empty one is of the wrong dimension.
[[nodiscard]] VectorFault fault_of(std::span<const float> vector);

struct EmbeddingMatch {
  double cosine = 0;
  EntryId id = kNoEntry;
  bool operator==(const EmbeddingMatch&) const = default;
};

struct EmbeddingQuery {
  std::span<const float> vector;
  double threshold = 0;  ///< least cosine, from 0 to 1
  std::size_t top_k = 1;
};

class EmbeddingIndex {
 public:
  explicit EmbeddingIndex(const EmbeddingOptions& options);
  ~EmbeddingIndex();
  EmbeddingIndex(const EmbeddingIndex&) = delete;
  EmbeddingIndex& operator=(const EmbeddingIndex&) = delete;

  /// Inserting an entry again replaces its vector; nothing changes when the vector is refused.
  [[nodiscard]] VectorFault insert(EntryId id, std::span<const float> vector);
  /// False when it was not there.
  bool erase(EntryId id);
  [[nodiscard]] bool contains(EntryId id) const;

  /// Largest cosine first; ties go to the lower id.
  [[nodiscard]] std::vector<EmbeddingMatch> query(const EmbeddingQuery& query) const;
  /// The same by looking at every entry: what the graph's recall is measured against.
  [[nodiscard]] std::vector<EmbeddingMatch> query_all(const EmbeddingQuery& query) const;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t dimension() const;
  /// Memory held; of the library's containers an estimate.
  [[nodiscard]] Bytes memory() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cachebench::cache

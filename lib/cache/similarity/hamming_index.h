// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/ids.h"
#include "core/units.h"

/// The entries whose 64-bit code lies within a Hamming distance of a query: exact, under insertions and
/// removals. Multi-index hashing (Norouzi, Punjani, Fleet 2012): a code is cut into four parts of 16 bits,
/// each with a table of its own. Two codes within d = 4·r + a agree in one of the first a + 1 parts up to r
/// bits or in one of the others up to r − 1, so only the buckets of parts that near are looked at. Small
/// indexes, wide distances and codes so alike that the buckets hold most of them are scanned instead. Holds
/// codes and ids, about 60 bytes each at a million; thread-compatible: queries may run side by side, changes
/// alone. What it finds depends on what it holds alone, not on the order in which that came and went.
namespace cachebench::cache {

struct SimilarMatch {
  int distance = 0;
  EntryId id = kNoEntry;
  bool operator==(const SimilarMatch&) const = default;
};

struct SimilarQuery {
  std::uint64_t code = 0;
  int max_distance = 0;   ///< 0 to 64
  std::size_t top_k = 1;  ///< the nearest so many; ties go to the lower id
};

class HammingIndex {
 public:
  /// Names an entry until it is removed; then it may name another.
  enum class Slot : std::uint32_t {};

  /// The same code or id may come more than once. REQUIRES: below 2^32 − 1 entries.
  Slot insert(std::uint64_t code, EntryId id);
  /// REQUIRES: `slot` came from insert and was not removed since.
  void remove(Slot slot);

  /// Nearest first, by (distance, id).
  [[nodiscard]] std::vector<SimilarMatch> query(const SimilarQuery& query) const;

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Memory held.
  [[nodiscard]] Bytes memory() const;

 private:
  static constexpr std::size_t kParts = 4;
  static constexpr std::size_t kBuckets = 65536;
  /// Below this a scan is faster than the tables.
  static constexpr std::size_t kTableEntries = 4096;
  /// Slots that a scan looks at in one go.
  static constexpr std::size_t kScanStep = 4096;

  using Bucket = std::vector<std::uint32_t>;  ///< slots
  struct Candidate {
    int distance = 0;
    EntryId id = kNoEntry;
    auto operator<=>(const Candidate&) const = default;
  };
  class Nearest;  ///< the smallest candidates so far

  [[nodiscard]] static std::uint16_t part_of(std::uint64_t code, std::size_t part) {
    return static_cast<std::uint16_t>(code >> (16 * part));
  }
  [[nodiscard]] bool has_tables() const { return !tables_.empty(); }
  [[nodiscard]] Bucket& bucket(std::size_t part, std::uint64_t code) {
    return tables_[part * kBuckets + part_of(code, part)];
  }
  void build_tables();
  void link(std::uint32_t slot);
  void unlink(std::uint32_t slot);
  /// Candidates in the buckets near the query; SIZE_MAX when the tables are of no use.
  [[nodiscard]] std::size_t table_cost(const SimilarQuery& query) const;
  void collect_from_tables(const SimilarQuery& query, Nearest& nearest) const;
  void collect_by_scan(const SimilarQuery& query, Nearest& nearest) const;

  std::vector<std::uint64_t> codes_;  ///< by slot
  std::vector<EntryId> ids_;          ///< by slot; kNoEntry: free
  std::vector<EntryId> lowest_ids_;   ///< no id of these kScanStep slots was ever lower
  std::vector<std::uint32_t> free_;
  std::vector<Bucket> tables_;                             ///< part by part; empty while small
  std::vector<std::array<std::uint32_t, kParts>> places_;  ///< by slot: its position in each bucket
  std::size_t size_ = 0;
};

}  // namespace cachebench::cache

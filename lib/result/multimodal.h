// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What the multimodal cache of a run did, by kind of entry: exact and similar hits apart, what expired, what
/// compression took off, how evictions turned out, and how often a similar entry stood in wrongly where the
/// trace knows. Values that own what they hold: copy freely, thread-compatible.
namespace cachebench::result {

/// One kind of entry, or all of them.
struct EntryTypeCounts {
  std::uint64_t accesses = 0;
  std::uint64_t exact_hits = 0;
  std::uint64_t similar_hits = 0;
  std::uint64_t covered = 0;
  std::uint64_t misses = 0;
  std::uint64_t expired = 0;           ///< entries given up for their age
  std::int64_t saved_ns = 0;           ///< modelled
  std::uint64_t compressed = 0;        ///< times that an entry entered a tier in a lossy form,
  std::uint64_t plain_bytes = 0;       ///< what it would have taken,
  std::uint64_t compressed_bytes = 0;  ///< and took
  [[nodiscard]] std::optional<double> hit_ratio() const;
  /// 1 − compressed / plain.
  [[nodiscard]] std::optional<double> reduction_ratio() const;
  bool operator==(const EntryTypeCounts&) const = default;
};

/// Its plain counts by their key in the document, in its order.
inline constexpr std::array<std::pair<const char*, std::uint64_t EntryTypeCounts::*>, 9> kEntryTypeCounts{{
    {"accesses", &EntryTypeCounts::accesses},
    {"exact_hits", &EntryTypeCounts::exact_hits},
    {"similar_hits", &EntryTypeCounts::similar_hits},
    {"covered", &EntryTypeCounts::covered},
    {"misses", &EntryTypeCounts::misses},
    {"expired", &EntryTypeCounts::expired},
    {"compressed", &EntryTypeCounts::compressed},
    {"plain_bytes", &EntryTypeCounts::plain_bytes},
    {"compressed_bytes", &EntryTypeCounts::compressed_bytes},
}};

/// Entries that left the cache to make room.
struct EvictionOutcome {
  std::uint64_t evicted = 0;
  std::uint64_t asked_again = 0;  ///< within the window
  std::uint64_t let_go = 0;       ///< not asked for within it
  std::uint64_t window_accesses = 0;
  [[nodiscard]] std::optional<double> efficiency_ratio() const;  ///< let_go / (asked_again + let_go)
  bool operator==(const EvictionOutcome&) const = default;
};

/// How far what similar hits served lies from what the request's own content would have given, of hits of one
/// verdict. Tensors are compared by length of the difference over length of the truth (1.41 for unrelated
/// ones) and by cosine; token ids as if each were a direction of its own.
struct SimilarityError {
  std::string verdict;  ///< "right", "false", or "unknown" where the trace cannot say
  std::string basis;    ///< "served": the bytes that were served; "synthesised"; "pixels": of both files
  std::uint64_t compared = 0;
  std::uint64_t not_comparable = 0;
  double mean_relative_l2 = 0;
  double p50_relative_l2 = 0;
  double p90_relative_l2 = 0;
  double max_relative_l2 = 0;
  double mean_cosine = 1;
  double min_cosine = 1;
  std::vector<std::uint64_t> histogram{};  ///< of relative_l2, kErrorBins of them
  bool operator==(const SimilarityError&) const = default;
};
/// Bins of kErrorBinWidth from 0 on; the last holds what lies above too.
inline constexpr std::size_t kErrorBins = 16;
inline constexpr double kErrorBinWidth = 0.1;

/// Similar hits, judged where the trace says which contents stand for one another.
struct SimilarityOutcome {
  bool enabled = false;
  double threshold = 0;
  std::uint64_t judged = 0;
  std::uint64_t false_accepts = 0;     ///< of them: other content
  std::optional<double> mean_score{};  ///< of all similar hits
  bool confirm = false;                ///< pictures served only where a finer code agreed
  std::uint64_t unconfirmable = 0;     ///< then: look-ups of pictures without a finer code
  std::vector<SimilarityError> errors{};
  bool operator==(const SimilarityOutcome&) const = default;
};

struct Multimodal {
  std::string eviction_policy;
  std::uint64_t capacity_bytes = 0;  ///< of all tiers, at the end
  std::uint64_t limit_bytes = 0;     ///< what it can grow to
  std::uint64_t resizes = 0;         ///< times that memory pressure changed it
  std::uint64_t resident_entries = 0;
  std::uint64_t comparable_entries = 0;  ///< of them, those that can stand in for like content
  std::uint64_t index_bytes = 0;         ///< memory of the indexes that find them
  EvictionOutcome eviction{};
  SimilarityOutcome similarity{};
  std::map<std::string, EntryTypeCounts> kinds{};  ///< by name of kind; only those that were accessed
  [[nodiscard]] EntryTypeCounts all() const;
  bool operator==(const Multimodal&) const = default;
};

}  // namespace cachebench::result

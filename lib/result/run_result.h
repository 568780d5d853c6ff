// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/histogram.h"
#include "result/bounds.h"
#include "result/compression.h"
#include "result/multimodal.h"
#include "result/pipeline.h"
#include "result/tier_check.h"
#include "result/visual.h"

/// What one run found out: the values of the result document, and nothing else. docs/results.md explains each
/// key; lib/result/json.h writes and reads the document. Plain values that own what they hold: copy freely,
/// thread-compatible, no invariants enforced here (check_result in json.h holds them). Members carry the
/// names and units of their JSON keys. Ratios are derived, so they cannot disagree with the counts they come
/// from; one without a denominator is absent, never NaN.
namespace cachebench::result {

enum class Status : std::uint8_t {
  kComplete,
  kPartial,  ///< interrupted: what was finished until then
  kInvalid,  ///< ran to its end, but a validity rule broke
};

/// Where a latency comes from. Printed as a word beside every figure of it.
enum class Basis : std::uint8_t {
  kMeasured,  ///< a clock, on the real thing
  kModelled,  ///< the cost model
  kEmulated,  ///< a clock, on a device that is emulated
};

[[nodiscard]] const char* name_of(Status status);
[[nodiscard]] const char* name_of(Basis basis);

/// Absent when `whole` is 0.
[[nodiscard]] std::optional<double> ratio_of(std::uint64_t part, std::uint64_t whole);

struct TraceFacts {
  std::string name;
  std::string sha256;  ///< of the trace file
  std::uint64_t requests = 0;
  std::uint64_t accesses = 0;
  std::uint64_t distinct = 0;  ///< artefacts or objects
  std::uint64_t bytes_requested = 0;
  std::optional<std::uint64_t> bytes_distinct{};  ///< the working set
  std::string format{};
  std::string lowering{};
  bool operator==(const TraceFacts&) const = default;
};

struct Totals {
  std::uint64_t requests = 0;
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t covered = 0;
  std::uint64_t misses = 0;
  std::uint64_t similar_hits = 0;
  std::uint64_t joined_hits = 0;
  std::uint64_t bytes_requested = 0;
  std::uint64_t bytes_hit = 0;
  std::uint64_t bytes_missed = 0;  ///< what is neither hit nor missed was covered
  std::uint64_t evictions = 0;
  std::uint64_t promotions = 0;
  std::uint64_t demotions = 0;
  std::int64_t saved_ns = 0;    ///< modelled
  std::int64_t service_ns = 0;  ///< modelled
  std::uint64_t verified_bytes = 0;
  std::uint64_t wrong_bytes = 0;
  std::int64_t elapsed_ns = 0;  ///< measured wall time of the measured part

  [[nodiscard]] std::optional<double> hit_ratio() const { return ratio_of(hits, hits + misses); }
  [[nodiscard]] std::optional<double> served_ratio() const { return ratio_of(hits + covered, accesses); }
  [[nodiscard]] std::optional<double> byte_hit_ratio() const { return ratio_of(bytes_hit, bytes_requested); }
  [[nodiscard]] std::optional<double> accesses_per_second() const;
  bool operator==(const Totals&) const = default;
};

struct TierResult {
  std::string name;    ///< "L1"
  std::string device;  ///< "cuda", "emulated", "host", "ssd", "null"
  std::uint64_t capacity_bytes = 0;
  std::uint64_t peak_bytes = 0;
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::uint64_t promotions_in = 0;
  std::uint64_t demotions_in = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::string eviction_policy;
  std::string admission_policy;
  std::map<std::string, double> facts{};  ///< what the policies of the tier say about themselves
  bool operator==(const TierResult&) const = default;
};

struct KindResult {
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t covered = 0;
  std::uint64_t misses = 0;
  std::uint64_t bytes_requested = 0;
  std::int64_t saved_ns = 0;
  bool operator==(const KindResult&) const = default;
};

struct MissCauses {
  std::uint64_t cold = 0;
  std::uint64_t capacity = 0;
  std::uint64_t not_admitted = 0;
  std::uint64_t expired = 0;
  std::uint64_t corrupt = 0;
  std::uint64_t broken_prefix = 0;
  std::uint64_t late_prefetch = 0;
  std::uint64_t too_large = 0;
  bool operator==(const MissCauses&) const = default;
};
/// Every cause by its name, in the order of the document.
inline constexpr std::array<std::pair<const char*, std::uint64_t MissCauses::*>, 8> kMissCauseFields{{
    {"cold", &MissCauses::cold},
    {"capacity", &MissCauses::capacity},
    {"not_admitted", &MissCauses::not_admitted},
    {"expired", &MissCauses::expired},
    {"corrupt", &MissCauses::corrupt},
    {"broken_prefix", &MissCauses::broken_prefix},
    {"late_prefetch", &MissCauses::late_prefetch},
    {"too_large", &MissCauses::too_large},
}};

/// One latency distribution. Keys of the map in RunResult: a tier's name, "miss", "request" (open loop: from
/// the planned start), "request_service" (from the actual start), "schedule_lag", "usual_lookup",
/// "first_lookup", "early_lookup", "repeated_lookup", "promoting_lookup", "similar_lookup" and "first_read"
/// (real runs), or a stage.
struct LatencySummary {
  Basis basis = Basis::kModelled;
  std::uint64_t count = 0;
  std::int64_t p50_ns = 0;
  std::int64_t p90_ns = 0;
  std::int64_t p99_ns = 0;
  std::int64_t p999_ns = 0;
  std::int64_t max_ns = 0;
  /// (largest value of the bucket in ns, count), ascending: enough to merge and re-analyse. May be empty.
  std::vector<std::pair<std::int64_t, std::uint64_t>> buckets;
  bool operator==(const LatencySummary&) const = default;
};
[[nodiscard]] LatencySummary summarise(const Histogram& histogram, Basis basis);

/// The model's prediction beside the clock, for one tier ("miss" for computed ones) and artefact kind.
struct ModelCheck {
  std::string tier;
  std::string kind;
  std::uint64_t count = 0;
  std::int64_t predicted_ns = 0;  ///< mean of an access, modelled
  std::int64_t measured_ns = 0;   ///< mean of an access, by the clock
  /// measured / predicted - 1.
  [[nodiscard]] std::optional<double> error_ratio() const;
  bool operator==(const ModelCheck&) const = default;
};
/// All of them as one, of tier and kind "all": means weighted by count.
[[nodiscard]] ModelCheck overall(const std::vector<ModelCheck>& checks);

/// One interval of the run: counts are of the interval, levels are at its end.
struct SeriesPoint {
  std::int64_t t_ns = 0;  ///< end of the interval on the run's time line (decision clock), from 0
  std::uint64_t requests = 0;
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t covered = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::int64_t service_ns = 0;            ///< modelled
  std::vector<std::uint64_t> used_bytes;  ///< per tier, in the order of `tiers`
  bool warmup = false;
  std::vector<std::uint64_t> capacity_bytes{};  ///< per tier, where capacities change in a run; else empty
  bool operator==(const SeriesPoint&) const = default;
};

/// Nominal bytes over each link and drive, foreground and background.
struct Links {
  std::uint64_t pcie_up_bytes = 0;    ///< host to device
  std::uint64_t pcie_down_bytes = 0;  ///< device to host
  std::uint64_t ssd_read_bytes = 0;
  std::uint64_t ssd_write_bytes = 0;
  bool operator==(const Links&) const = default;
};

/// Counts of the warm-up, which are in no other count.
struct Warmup {
  std::uint64_t requests = 0;
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t covered = 0;
  std::uint64_t misses = 0;
  std::int64_t elapsed_ns = 0;
  bool operator==(const Warmup&) const = default;
};

struct Faults {
  std::uint64_t injected = 0;
  std::uint64_t detected = 0;
  std::uint64_t recovered = 0;
  std::uint64_t served_wrong = 0;
  std::uint64_t lost = 0;
  bool operator==(const Faults&) const = default;
};

struct RunResult {
  std::string name;  ///< of the experiment
  std::string mode;  ///< "simulate", "real", "pipeline"
  Status status = Status::kComplete;
  std::vector<std::string> reasons;  ///< why partial or invalid, one line each
  std::string manifest = "{}";       ///< text of a JSON object: what is needed to reproduce the run
  std::string config = "{}";         ///< text of a JSON object: the resolved config
  TraceFacts trace;
  Totals totals;
  std::vector<TierResult> tiers;            ///< uppermost first
  std::map<std::string, KindResult> kinds;  ///< by artefact kind; only those that were accessed
  MissCauses misses_by_cause;
  std::map<std::string, LatencySummary> latency;  ///< by tier or stage
  std::vector<ModelCheck> model_check;            ///< real runs
  std::vector<TierCheck> tier_checks;             ///< real runs: the same accesses by tier
  std::vector<SeriesPoint> series;
  std::string decision_log_hash;
  Links links;
  Warmup warmup;
  std::map<std::string, double> migration_facts;  ///< what the migration policy says about itself
  std::map<std::string, double> prefetch_facts;
  std::optional<Prefetch> prefetch;        ///< where a prefetch policy ran
  std::optional<Bounds> bounds;            ///< where they were computed
  std::optional<Multimodal> multimodal;    ///< where the multimodal cache was asked for
  std::optional<Compression> compression;  ///< where a tier compresses
  std::optional<Hashing> hashing;          ///< where requests bring contents
  std::optional<Visual> visual;            ///< where the visual registry was asked for
  std::optional<Pipeline> pipeline;        ///< of mode pipeline
  std::optional<Faults> faults;            ///< where faults were asked for
  std::vector<std::string> notes;          ///< what a reader should know: fallbacks, limits, one line each
  bool operator==(const RunResult&) const = default;
};

/// What the clock of `model_check` timed at `tier`: kEmulated where its latency is, else kMeasured.
[[nodiscard]] Basis clock_basis(const RunResult& result, const std::string& tier);
/// kEmulated where any of them is.
[[nodiscard]] Basis overall_clock_basis(const RunResult& result);

/// The kinds in the order of the document: those that this program knows in its own order, others by name.
[[nodiscard]] std::vector<std::pair<std::string, KindResult>> kinds_in_order(const RunResult& result);

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "result/run_result.h"

/// What a sweep found out: its axes, one point per experiment in the order of the design, curves, and what
/// follows from them (sweep_analysis.h works that out). Plain values; thread-compatible. The document is of
/// schema "cachebench/result", kind "sweep"; docs/sweeps.md explains its keys, the table is the one of
/// `sweep --csv`. Errors as in json.h.
namespace cachebench::result {

/// What makes one point better than another.
enum class SweepMetric : std::uint8_t {
  kMissRatio,  ///< fewer misses: the short form, where every miss costs 1
  kSavedTime,  ///< more modelled time saved: experiments
};
[[nodiscard]] const char* name_of(SweepMetric metric);  ///< "miss_ratio", "saved_ns"

/// A path of the config, or "slice" or "rung" (below), and its values as text, in the order given.
struct SweepAxis {
  std::string path;
  std::vector<std::string> values;
  bool operator==(const SweepAxis&) const = default;
};

/// Path of the axis over parts of the trace: "" is all of it, "2/3" the second of three equal parts.
inline constexpr const char* kSliceAxis = "slice";
/// Path of the axis over the rounds of successive halving: "2/3" is the second of three.
inline constexpr const char* kRungAxis = "rung";

struct SweepPoint {
  std::string policy;          ///< as given, parameters included
  std::uint64_t capacity = 0;  ///< bytes, or entries with unit sizes; of all tiers together
  std::string config = "{}";   ///< text of a JSON object: what of the config this point sets
  Totals totals{};
  std::uint64_t peak_entries = 0;
  double seconds = 0;  ///< measured wall time of this point
  Status status = Status::kComplete;
  std::string reason{};                       ///< why not complete
  bool bound = false;                         ///< sees the future: no candidate for the best
  std::string name{};                         ///< its values, short, as in tables
  std::map<std::string, std::string> axes{};  ///< path -> value as text
  std::uint64_t seed = 1;
  std::uint64_t l1_bytes = 0;                 ///< capacity of the uppermost tier
  std::map<std::string, KindResult> kinds{};  ///< by artefact kind; experiments
  std::optional<Bounds> bounds{};             ///< what any policy could have reached
  std::string decision_log_hash{};            ///< experiments
  std::optional<double> miss_ratio_error{};   ///< standard error, where objects were sampled
  bool operator==(const SweepPoint&) const = default;
};

struct CurvePoint {
  std::uint64_t capacity = 0;
  double miss_ratio = 0;
  std::optional<double> byte_miss_ratio{};
  std::optional<double> error{};  ///< standard error of miss_ratio; absent when exact
  bool operator==(const CurvePoint&) const = default;
};
/// Miss ratio over capacity of one policy on the sweep's trace.
struct MissRatioCurve {
  std::string policy;
  double sampling_rate = 1;   ///< 1: exact
  std::string error_basis{};  ///< where `error` comes from, in words; "" when exact
  std::vector<CurvePoint> points;
  bool operator==(const MissRatioCurve&) const = default;
};

/// Which policy to take, and how sure that is. Shares are of the runner-up's figure.
struct Recommendation {
  std::string policy;
  std::string why;                     ///< one or two sentences
  std::string runner_up;               ///< "" when there was but one candidate
  std::optional<double> margin;        ///< relative advantage over the runner-up, 0.02 for 2%
  std::optional<double> margin_ns;     ///< the same in saved time a cell; kSavedTime alone
  std::optional<double> spread;        ///< standard deviation of the margin over seeds and slices
  std::optional<bool> exceeds_spread;  ///< margin > spread; absent when the spread is unknown
  std::uint64_t cells = 0;             ///< settings both were compared on
  bool operator==(const Recommendation&) const = default;
};

struct SweepResult {
  std::string name;
  Status status = Status::kComplete;
  std::vector<std::string> reasons;
  std::string manifest = "{}";
  TraceFacts trace;        ///< of the first point where traces are an axis
  bool unit_size = false;  ///< capacities count entries
  std::vector<SweepPoint> points;
  std::string design = "grid";
  SweepMetric metric = SweepMetric::kMissRatio;
  std::vector<SweepAxis> axes{};
  std::vector<MissRatioCurve> curves{};
  std::optional<Recommendation> recommendation{};
  std::vector<std::string> notes{};
  bool operator==(const SweepResult&) const = default;
};

/// The complete point of fewest misses at one capacity, bounds apart; ties go to the one given first.
struct SweepBest {
  std::uint64_t capacity = 0;
  std::string policy;
  std::optional<double> miss_ratio;
  std::string runner_up;         ///< "" when there was but one policy
  std::optional<double> margin;  ///< (misses of the runner-up - own) / accesses
};
/// One per capacity, in the order given.
[[nodiscard]] std::vector<SweepBest> best_by_capacity(const SweepResult& sweep);

[[nodiscard]] nlohmann::ordered_json to_json(const SweepResult& sweep);
/// `file` is for messages.
[[nodiscard]] SweepResult sweep_from_json(const nlohmann::ordered_json& document, const std::string& file);
[[nodiscard]] std::string to_text(const SweepResult& sweep);
/// Throws Error{kInput} also when the file cannot be read.
[[nodiscard]] SweepResult read_sweep(const std::string& path);

/// One point as it stands in the document, and back; a line of points.jsonl holds one.
[[nodiscard]] nlohmann::ordered_json point_to_json(const SweepPoint& point);
[[nodiscard]] SweepPoint point_from_json(const nlohmann::ordered_json& document, const std::string& file);

/// Header line and one line per point, columns in the order of the contract; see docs/sweeps.md.
[[nodiscard]] std::string to_csv(const SweepResult& sweep);
[[nodiscard]] std::string sweep_csv_header();
[[nodiscard]] std::string sweep_csv_row(const std::string& trace, const SweepPoint& point);

/// One CSV field: quoted when it holds a comma, a quote or a line break.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "result/run_result.h"

/// What a sweep found out: one point per policy and capacity, in the order they were asked for, and the best
/// of them. Plain values; thread-compatible. The document is of schema "cachebench/result", kind "sweep"; the
/// table is the one of `sweep --csv`. Errors as in json.h.
namespace cachebench::result {

struct SweepPoint {
  std::string policy;          ///< as given, parameters included
  std::uint64_t capacity = 0;  ///< bytes, or entries with unit sizes
  std::string config = "{}";   ///< text of a JSON object: what of the config this point sets
  Totals totals{};
  std::uint64_t peak_entries = 0;
  double seconds = 0;  ///< measured wall time of this point
  Status status = Status::kComplete;
  std::string reason{};  ///< why not complete
  bool bound = false;    ///< sees the future: no candidate for the best
  bool operator==(const SweepPoint&) const = default;
};

struct SweepResult {
  std::string name;
  Status status = Status::kComplete;
  std::vector<std::string> reasons;
  std::string manifest = "{}";
  TraceFacts trace;
  bool unit_size = false;  ///< capacities count entries
  std::vector<SweepPoint> points;
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

/// Header line and one line per point, columns in the order of the contract; see docs/results.md.
[[nodiscard]] std::string to_csv(const SweepResult& sweep);
[[nodiscard]] std::string sweep_csv_header();
[[nodiscard]] std::string sweep_csv_row(const std::string& trace, const SweepPoint& point);

/// One CSV field: quoted when it holds a comma, a quote or a line break.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace cachebench::result

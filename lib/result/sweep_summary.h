// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "result/sweep_result.h"

/// What reports show of a sweep beyond its points: ranking, Pareto front, heat map over two axes, kinds of
/// artefact by candidate. Worked out once, here, so that every figure of a page stands in the document too.
/// Pure functions of values, thread-safe; nothing throws.
namespace cachebench::result {

/// The mean figure of the points at each pair of values of two axes.
struct HeatMap {
  std::string x_axis;
  std::string y_axis;
  std::vector<std::string> x;  ///< values in the order of the sweep
  std::vector<std::string> y;
  std::vector<std::vector<std::optional<double>>> cells;  ///< by y, then x; absent where no point took part
};

/// Over the axis of policies and the longest other one; nothing where fewer than two axes have two values.
[[nodiscard]] std::optional<HeatMap> heat_map(const SweepResult& sweep);

/// Sums over the points of each candidate, in the order of the ranking; only points that know their kinds.
[[nodiscard]] std::vector<std::pair<std::string, std::map<std::string, KindResult>>> kinds_by_candidate(
    const SweepResult& sweep);

/// The value of `point` on an axis; "policy" and "capacity" are known without being one.
[[nodiscard]] std::string axis_value(const SweepPoint& point, const std::string& path);

/// Keys `counts`, `warnings`, `ranking`, `pareto`, `heat_map` and `candidate_kinds` of the document.
[[nodiscard]] nlohmann::ordered_json sweep_summary_to_json(const SweepResult& sweep);

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#include "result/sweep_summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "result/guards.h"
#include "result/sweep_analysis.h"
#include "result/totals_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

/// An axis and those of its values that occur, in the order of the points.
struct UsedAxis {
  std::string path;
  std::vector<std::string> values;
};

UsedAxis used_axis(const SweepResult& sweep, const std::string& path) {
  UsedAxis axis{.path = path, .values = {}};
  std::set<std::string> seen;
  for (const SweepPoint& point : sweep.points) {
    if (!takes_part(point)) continue;
    std::string value = axis_value(point, path);
    if (!value.empty() && seen.insert(value).second) axis.values.push_back(std::move(value));
  }
  return axis;
}

std::vector<UsedAxis> used_axes(const SweepResult& sweep) {
  std::vector<std::string> paths;
  for (const SweepAxis& axis : sweep.axes) {
    if (axis.path != kSliceAxis && axis.path != kRungAxis) paths.push_back(axis.path);
  }
  if (paths.empty()) paths = {"policy", "capacity"};
  std::vector<UsedAxis> list;
  for (const std::string& path : paths) {
    UsedAxis axis = used_axis(sweep, path);
    if (axis.values.size() > 1) list.push_back(std::move(axis));
  }
  return list;
}

// Policies upright where there are any; of the others the longest, one that can be chosen before a
// circumstance.
std::pair<const UsedAxis*, const UsedAxis*> pick_axes(const std::vector<UsedAxis>& axes) {
  const auto policy =
      std::find_if(axes.begin(), axes.end(), [](const UsedAxis& axis) { return is_policy_axis(axis.path); });
  const UsedAxis* upright = policy == axes.end() ? &axes.front() : &*policy;
  const UsedAxis* across = nullptr;
  const auto rank = [](const UsedAxis& axis) {
    return std::pair(is_circumstance_axis(axis.path) ? 0 : 1, axis.values.size());
  };
  for (const UsedAxis& axis : axes) {
    if (&axis == upright) continue;
    if (across == nullptr || rank(axis) > rank(*across)) across = &axis;
  }
  return {upright, across};
}

std::optional<std::size_t> place_of(const std::vector<std::string>& values, const std::string& value) {
  const auto found = std::find(values.begin(), values.end(), value);
  if (found == values.end()) return std::nullopt;
  return static_cast<std::size_t>(found - values.begin());
}

void add(KindResult& sum, const KindResult& kind) {
  sum.accesses += kind.accesses;
  sum.hits += kind.hits;
  sum.covered += kind.covered;
  sum.misses += kind.misses;
  sum.bytes_requested += kind.bytes_requested;
  sum.saved_ns += kind.saved_ns;
}

Json ranking_to_json(const SweepResult& sweep) {
  Json list = Json::array();
  for (const RankedCandidate& candidate : rank_candidates(sweep)) {
    list.push_back({{"name", candidate.name},
                    {"score", candidate.score},
                    {"cells", candidate.cells},
                    {"cells_won", candidate.cells_won},
                    {"worst_behind_ratio", candidate.worst_behind},
                    {"regret_ratio", number_or_null(candidate.regret)}});
  }
  return list;
}

Json pareto_to_json(const SweepResult& sweep) {
  Json list = Json::array();
  for (const ParetoPoint& point : pareto_front(sweep)) {
    list.push_back({{"name", point.name},
                    {"l1_bytes", point.l1_bytes},
                    {"score", point.score},
                    {"on_front", point.on_front}});
  }
  return list;
}

Json heat_to_json(const SweepResult& sweep) {
  const std::optional<HeatMap> heat = heat_map(sweep);
  if (!heat) return nullptr;
  Json rows = Json::array();
  for (const auto& row : heat->cells) {
    Json cells = Json::array();
    for (const std::optional<double>& cell : row) cells.push_back(number_or_null(cell));
    rows.push_back(std::move(cells));
  }
  return {{"x_axis", heat->x_axis},
          {"y_axis", heat->y_axis},
          {"x", heat->x},
          {"y", heat->y},
          {"cells", std::move(rows)}};
}

Json kinds_to_json(const SweepResult& sweep) {
  Json list = Json::array();
  for (const auto& [name, kinds] : kinds_by_candidate(sweep)) {
    Json object = Json::object();
    for (const auto& [kind, sum] : kinds) object[kind] = kind_to_json(sum);
    list.push_back({{"name", name}, {"kinds", std::move(object)}});
  }
  return list;
}

}  // namespace

std::string axis_value(const SweepPoint& point, const std::string& path) {
  const auto found = point.axes.find(path);
  if (found != point.axes.end()) return found->second;
  if (path == "policy") return point.policy;
  return path == "capacity" ? std::to_string(point.capacity) : "";
}

std::optional<HeatMap> heat_map(const SweepResult& sweep) {
  const std::vector<UsedAxis> axes = used_axes(sweep);
  if (axes.size() < 2) return std::nullopt;
  const auto [upright, across] = pick_axes(axes);
  HeatMap heat{.x_axis = across->path,
               .y_axis = upright->path,
               .x = across->values,
               .y = upright->values,
               .cells = {}};
  std::vector<std::vector<std::pair<double, std::size_t>>> sums(
      heat.y.size(), std::vector<std::pair<double, std::size_t>>(heat.x.size(), {0.0, 0}));
  for (const SweepPoint& point : sweep.points) {
    if (!takes_part(point)) continue;
    const auto x = place_of(heat.x, axis_value(point, heat.x_axis));
    const auto y = place_of(heat.y, axis_value(point, heat.y_axis));
    if (!x || !y) continue;
    sums[*y][*x].first += figure_of(sweep.metric, point);
    sums[*y][*x].second += 1;
  }
  for (const auto& row : sums) {
    auto& cells = heat.cells.emplace_back();
    for (const auto& [sum, count] : row) {
      cells.push_back(count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count)));
    }
  }
  return heat;
}

std::vector<std::pair<std::string, std::map<std::string, KindResult>>> kinds_by_candidate(
    const SweepResult& sweep) {
  std::map<std::string, std::map<std::string, KindResult>> sums;
  for (const SweepPoint& point : sweep.points) {
    if (!takes_part(point) || point.kinds.empty()) continue;
    auto& kinds = sums[candidate_of(sweep, point)];
    for (const auto& [name, kind] : point.kinds) add(kinds[name], kind);
  }
  std::vector<std::pair<std::string, std::map<std::string, KindResult>>> list;
  for (const RankedCandidate& candidate : rank_candidates(sweep)) {
    const auto found = sums.find(candidate.name);
    if (found != sums.end()) list.emplace_back(found->first, std::move(found->second));
  }
  return list;
}

Json sweep_summary_to_json(const SweepResult& sweep) {
  std::size_t complete = 0;
  for (const SweepPoint& point : sweep.points) complete += point.status == Status::kComplete ? 1U : 0U;
  return {{"counts", {{"points", sweep.points.size()}, {"complete", complete}}},
          {"warnings", guards(sweep)},
          {"ranking", ranking_to_json(sweep)},
          {"pareto", pareto_to_json(sweep)},
          {"heat_map", heat_to_json(sweep)},
          {"candidate_kinds", kinds_to_json(sweep)}};
}

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#include "result/sweep_analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "core/units.h"

namespace cachebench::result {
namespace {

/// Which axes make up what, worked out once.
struct Roles {
  std::vector<std::string> candidate;
  std::vector<std::string> setting;  ///< all but the circumstances
};

Roles roles_of(const SweepResult& sweep) {
  Roles roles;
  for (const SweepAxis& axis : sweep.axes) {
    if (!is_circumstance_axis(axis.path)) roles.setting.push_back(axis.path);
    if (sweep.design == "grid" && is_policy_axis(axis.path)) roles.candidate.push_back(axis.path);
  }
  if (roles.candidate.empty()) roles.candidate = roles.setting;
  return roles;
}

std::string value_of(const SweepPoint& point, const std::string& axis) {
  const auto found = point.axes.find(axis);
  return found == point.axes.end() ? std::string() : found->second;
}

std::string joined(const SweepPoint& point, const std::vector<std::string>& axes) {
  std::string text;
  for (const std::string& axis : axes) {
    const std::string value = value_of(point, axis);
    if (value.empty()) continue;
    text += text.empty() ? value : " / " + value;
  }
  return text.empty() ? point.policy : text;
}

bool is_last_rung(const SweepPoint& point) {
  const std::string rung = value_of(point, kRungAxis);
  const std::size_t slash = rung.find('/');
  return slash == std::string::npos || rung.substr(0, slash) == rung.substr(slash + 1);
}

bool is_candidate(const SweepPoint& point) {
  return !point.bound && point.status == Status::kComplete && is_last_rung(point);
}

/// The figures of every candidate in every cell, whole trace or one part.
struct Table {
  struct Row {
    std::string name;
    std::unordered_map<std::string, const SweepPoint*> cells;  ///< looked up only, never walked
    std::vector<const SweepPoint*> points;                     ///< the same, in the order given
  };
  std::vector<Row> rows;           ///< in the order given
  std::vector<std::string> cells;  ///< in the order given; those that every row has
};

/// All axes but those of the candidate, as one text that is different for different cells.
std::string cell_of(const SweepPoint& point, const std::vector<std::string>& candidate) {
  std::string cell;
  for (const auto& [path, value] : point.axes) {
    if (path == kRungAxis || std::find(candidate.begin(), candidate.end(), path) != candidate.end()) continue;
    cell += fmt::format("{}={}\n", path, value);
  }
  return cell;
}

template <typename Filter>
Table tabulate(const SweepResult& sweep, const Roles& roles, const Filter& wanted) {
  Table table;
  std::unordered_map<std::string, std::size_t> row_of;
  std::vector<std::string> cells;
  std::set<std::string> seen;
  for (const SweepPoint& point : sweep.points) {
    if (!is_candidate(point) || !wanted(point)) continue;
    const std::string name = joined(point, roles.candidate);
    const auto [row, is_new] = row_of.emplace(name, table.rows.size());
    if (is_new) table.rows.push_back({.name = name, .cells = {}, .points = {}});
    const std::string cell = cell_of(point, roles.candidate);
    if (table.rows[row->second].cells.emplace(cell, &point).second) {
      table.rows[row->second].points.push_back(&point);
    }
    if (seen.insert(cell).second) cells.push_back(cell);
  }
  for (const std::string& cell : cells) {
    const bool everywhere = std::all_of(table.rows.begin(), table.rows.end(),
                                        [&](const Table::Row& row) { return row.cells.contains(cell); });
    if (everywhere) table.cells.push_back(cell);
  }
  return table;
}

bool is_better(SweepMetric metric, double a, double b) {
  return metric == SweepMetric::kSavedTime ? a > b : a < b;
}

/// The best figure of every cell, in their order.
std::vector<double> best_figures(SweepMetric metric, const Table& table) {
  std::vector<double> list;
  for (const std::string& cell : table.cells) {
    double best = figure_of(metric, *table.rows.front().cells.at(cell));
    for (const Table::Row& row : table.rows) {
      const double figure = figure_of(metric, *row.cells.at(cell));
      if (is_better(metric, figure, best)) best = figure;
    }
    list.push_back(best);
  }
  return list;
}

RankedCandidate rank_row(SweepMetric metric, const Table& table, const Table::Row& row,
                         const std::vector<double>& best) {
  RankedCandidate ranked{.name = row.name};
  double regret = 0;
  std::size_t bounded = 0;
  for (std::size_t i = 0; i < table.cells.size(); ++i) {
    const SweepPoint& point = *row.cells.at(table.cells[i]);
    const double figure = figure_of(metric, point);
    ranked.score += figure;
    ranked.cells_won += figure == best[i] ? 1U : 0U;
    ranked.worst_behind = std::max(ranked.worst_behind, -advantage(metric, figure, best[i]));
    const auto behind = point.bounds ? point.bounds->regret_ratio(point.totals) : std::nullopt;
    if (behind) {
      regret += *behind;
      ++bounded;
    }
  }
  ranked.cells = table.cells.size();
  if (ranked.cells > 0) ranked.score /= static_cast<double>(ranked.cells);
  if (bounded > 0) ranked.regret = regret / static_cast<double>(bounded);
  return ranked;
}

/// By its own cells, where no cell has all candidates.
RankedCandidate rank_apart(SweepMetric metric, const Table::Row& row) {
  RankedCandidate ranked{.name = row.name};
  for (const SweepPoint* point : row.points) ranked.score += figure_of(metric, *point);
  ranked.cells = row.points.size();
  ranked.score /= static_cast<double>(ranked.cells);
  return ranked;
}

/// One seed on one part of the trace: what the margin is measured on again.
std::string replicate_of(const SweepPoint& point) {
  return fmt::format("{}\n{}", value_of(point, "seed"), value_of(point, kSliceAxis));
}

/// The margin of `first` over `second` in every replicate.
std::vector<double> margins(const SweepResult& sweep, const Roles& roles, const std::string& first,
                            const std::string& second) {
  const bool sliced = std::any_of(sweep.points.begin(), sweep.points.end(), [](const SweepPoint& point) {
    return !value_of(point, kSliceAxis).empty();
  });
  const Table table = tabulate(sweep, roles, [&](const SweepPoint& point) {
    const std::string name = joined(point, roles.candidate);
    return (name == first || name == second) && (!sliced || !value_of(point, kSliceAxis).empty());
  });
  if (table.rows.size() != 2) return {};
  const bool in_order = table.rows[0].name == first;
  const Table::Row& row_a = table.rows[in_order ? 0 : 1];
  const Table::Row& row_b = table.rows[in_order ? 1 : 0];
  std::vector<std::string> names;
  std::unordered_map<std::string, std::pair<double, double>> sums;
  for (const std::string& cell : table.cells) {
    const std::string name = replicate_of(*row_a.cells.at(cell));
    if (!sums.contains(name)) names.push_back(name);
    sums[name].first += figure_of(sweep.metric, *row_a.cells.at(cell));
    sums[name].second += figure_of(sweep.metric, *row_b.cells.at(cell));
  }
  std::vector<double> list;
  for (const std::string& name : names) {
    list.push_back(advantage(sweep.metric, sums[name].first, sums[name].second));
  }
  return list;
}

std::optional<double> deviation_of(const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  double mean = 0;
  for (const double value : values) mean += value;
  mean /= static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::string percent(double share) {
  return fmt::format("{:.{}f}%", share * 100, share < 0.1 ? 2 : 1);
}

std::string explain(SweepMetric metric, const RankedCandidate& best, const RankedCandidate* second,
                    const Recommendation& made, std::size_t replicates) {
  const bool saves = metric == SweepMetric::kSavedTime;
  const std::string cells = fmt::format("{} setting{}", best.cells, best.cells == 1 ? "" : "s");
  std::string text =
      saves ? fmt::format("{} saves {} of modelled time a setting, on average over {}", best.name,
                          format_duration(Nanoseconds{std::llround(best.score)}), cells)
            : fmt::format("{} misses {} of accesses, on average over {}", best.name, percent(best.score),
                          cells);
  if (second == nullptr) return text + "; there was nothing to compare it with.";
  if (*made.margin <= 0) return fmt::format("{}; {} does as well.", text, second->name);
  text += saves ? fmt::format(", {} ({}) more than {}.",
                              format_duration(Nanoseconds{std::llround(*made.margin_ns)}),
                              percent(*made.margin), second->name)
                : fmt::format(", {} fewer than {}.", percent(*made.margin), second->name);
  if (!made.spread) {
    return text + " One seed and no slices: how sure that is, is not known.";
  }
  return text + fmt::format(" That {} the spread of {} over {} replays (seeds and slices){}.",
                            *made.exceeds_spread ? "exceeds" : "does not exceed", percent(*made.spread),
                            replicates, *made.exceeds_spread ? "" : ": the two are as good as each other");
}

}  // namespace

bool is_policy_axis(std::string_view path) {
  if (path == "policy") return true;
  for (const std::string_view part : {"eviction", "admission", "migration", "prefetch"}) {
    if (path.find(part) != std::string_view::npos) return true;
  }
  return path.starts_with("plugin.") && path.ends_with("_policy");
}

bool is_circumstance_axis(std::string_view path) {
  if (path == "seed" || path == kSliceAxis || path == kRungAxis || path == "profile") return true;
  return path.starts_with("trace.") || path.starts_with("load.") || path.starts_with("model.") ||
         path == "trace" || path == "load" || path == "model";
}

bool takes_part(const SweepPoint& point) {
  return is_candidate(point) && value_of(point, kSliceAxis).empty();
}

std::string candidate_of(const SweepResult& sweep, const SweepPoint& point) {
  return joined(point, roles_of(sweep).candidate);
}

double figure_of(SweepMetric metric, const SweepPoint& point) {
  if (metric == SweepMetric::kSavedTime) return static_cast<double>(point.totals.saved_ns);
  return ratio_of(point.totals.misses, point.totals.accesses).value_or(0);
}

double advantage(SweepMetric metric, double a, double b) {
  const double difference = metric == SweepMetric::kSavedTime ? a - b : b - a;
  if (difference == 0) return 0;
  // Relative to the other's figure; where that is nothing, to one's own.
  const double whole = std::abs(b) > 0 ? std::abs(b) : std::abs(a);
  return difference / whole;
}

std::vector<RankedCandidate> rank_candidates(const SweepResult& sweep) {
  const Table table = tabulate(sweep, roles_of(sweep), takes_part);
  if (table.rows.empty()) return {};
  const std::vector<double> best = best_figures(sweep.metric, table);
  std::vector<RankedCandidate> list;
  for (const Table::Row& row : table.rows) {
    list.push_back(table.cells.empty() ? rank_apart(sweep.metric, row)
                                       : rank_row(sweep.metric, table, row, best));
  }
  std::stable_sort(list.begin(), list.end(), [&](const RankedCandidate& a, const RankedCandidate& b) {
    return is_better(sweep.metric, a.score, b.score);
  });
  return list;
}

std::vector<ParetoPoint> pareto_front(const SweepResult& sweep) {
  const Roles roles = roles_of(sweep);
  std::vector<ParetoPoint> list;
  std::vector<double> counts;
  std::unordered_map<std::string, std::size_t> at;
  for (const SweepPoint& point : sweep.points) {
    if (!takes_part(point)) continue;
    const std::string name = joined(point, roles.setting);
    const auto [place, is_new] = at.emplace(name, list.size());
    if (is_new) {
      list.push_back({.name = name});
      counts.push_back(0);
    }
    ParetoPoint& sum = list[place->second];
    sum.l1_bytes += static_cast<double>(point.l1_bytes);
    sum.score += figure_of(sweep.metric, point);
    counts[place->second] += 1;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    list[i].l1_bytes /= counts[i];
    list[i].score /= counts[i];
  }
  std::stable_sort(list.begin(), list.end(), [&](const ParetoPoint& a, const ParetoPoint& b) {
    return a.l1_bytes != b.l1_bytes ? a.l1_bytes < b.l1_bytes : is_better(sweep.metric, a.score, b.score);
  });
  const ParetoPoint* last = nullptr;
  for (ParetoPoint& point : list) {
    point.on_front = last == nullptr || is_better(sweep.metric, point.score, last->score);
    if (point.on_front) last = &point;
  }
  return list;
}

std::optional<Recommendation> recommend(const SweepResult& sweep) {
  const std::vector<RankedCandidate> ranked = rank_candidates(sweep);
  if (ranked.empty() || ranked.front().cells == 0) return std::nullopt;
  const RankedCandidate& best = ranked.front();
  Recommendation made;
  made.policy = best.name;
  made.cells = best.cells;
  const RankedCandidate* second = ranked.size() > 1 ? &ranked[1] : nullptr;
  std::size_t replicates = 0;
  if (second != nullptr) {
    made.runner_up = second->name;
    made.margin = advantage(sweep.metric, best.score, second->score);
    if (sweep.metric == SweepMetric::kSavedTime) made.margin_ns = best.score - second->score;
    const std::vector<double> again = margins(sweep, roles_of(sweep), best.name, second->name);
    replicates = again.size();
    made.spread = deviation_of(again);
    if (made.spread) made.exceeds_spread = *made.margin > *made.spread;
  }
  made.why = explain(sweep.metric, best, second, made, replicates);
  if (best.cells_won == 0 && second != nullptr && replicates == 0) {
    made.why += " No setting was completed by all of them: each is judged by its own.";
  }
  return made;
}

}  // namespace cachebench::result

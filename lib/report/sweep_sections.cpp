// SPDX-License-Identifier: Apache-2.0
#include "report/sweep_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/units.h"
#include "report/html_parts.h"
#include "report/markup.h"
#include "result/findings.h"
#include "result/sweep_analysis.h"
#include "result/sweep_summary.h"

namespace cachebench::report {
namespace {

using result::SweepMetric;
using result::SweepPoint;
using result::SweepResult;

constexpr std::size_t kMostPointRows = 2000;

bool saves(const SweepResult& sweep) {
  return sweep.metric == SweepMetric::kSavedTime;
}

std::string score_name(const SweepResult& sweep) {
  return saves(sweep) ? "Mean saved time" : "Mean miss ratio";
}

std::string name_cell(const std::string& path, const std::string& name) {
  return text_figure("span", path, name);
}

std::string point_name(const SweepPoint& point, const std::string& at) {
  return point.name.empty() ? name_cell(at + "/policy", point.policy) : name_cell(at + "/name", point.name);
}

std::string capacity_figure(const SweepResult& sweep, const std::string& path, std::uint64_t capacity) {
  return sweep.unit_size ? count_figure(path, capacity) : bytes_figure(path, capacity);
}

std::string small_ratio(double value) {
  return fmt::format("{:.4f}", value);
}

std::string cut_short(std::size_t shown, std::size_t all) {
  if (shown >= all) return "";
  return fmt::format("<p class=\"lead\">The first {} of {} rows; the document holds all.</p>\n",
                     result::format_count(shown), result::format_count(all));
}

std::vector<std::size_t> bounded_points(const SweepResult& sweep) {
  std::vector<std::size_t> list;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    const SweepPoint& point = sweep.points[i];
    if (point.bounds && point.bounds->regret_ratio(point.totals)) list.push_back(i);
  }
  return list;
}

std::vector<std::string> regret_row(const SweepPoint& point, std::size_t index) {
  const std::string at = pointer("/points", index);
  const result::Bounds& bounds = *point.bounds;
  return {point_name(point, at),
          time_figure(at + "/result/saved_ns", point.totals.saved_ns),
          bounds.saved_ns ? time_figure(at + "/bounds/saved_ns", *bounds.saved_ns) : "–",
          bounds.infinite_saved_ns ? time_figure(at + "/bounds/infinite_saved_ns", *bounds.infinite_saved_ns)
                                   : "–",
          share_figure(at + "/bounds/regret_ratio", bounds.regret_ratio(point.totals)),
          share_figure(at + "/bounds/reachable_ratio", bounds.reachable_ratio(point.totals))};
}

std::vector<std::string> point_row(const SweepResult& sweep, std::size_t index) {
  const SweepPoint& point = sweep.points[index];
  const std::string at = pointer("/points", index);
  const result::Totals& totals = point.totals;
  const std::string status = point.status == result::Status::kComplete
                                 ? (point.bound ? "bound" : "complete")
                                 : text_figure("span", at + "/status", result::name_of(point.status));
  return {point_name(point, at),
          status,
          capacity_figure(sweep, at + "/capacity", point.capacity),
          count_figure(at + "/result/accesses", totals.accesses),
          count_figure(at + "/result/misses", totals.misses),
          share_figure(at + "/result/hit_ratio", totals.hit_ratio()),
          saves(sweep) ? time_figure(at + "/result/saved_ns", totals.saved_ns)
                       : bytes_figure(at + "/result/bytes_missed", totals.bytes_missed),
          number_figure(at + "/seconds", point.seconds, fmt::format("{:.3f} s", point.seconds))};
}

Table curve_table(const result::SweepResult& sweep) {
  Table table{.caption = "Miss ratio by capacity",
              .columns = {"Policy", sweep.unit_size ? "Entries" : "Capacity", "Miss ratio", "Byte miss ratio",
                          "Standard error"},
              .rows = {}};
  for (std::size_t c = 0; c < sweep.curves.size(); ++c) {
    const result::MissRatioCurve& curve = sweep.curves[c];
    const std::string at = pointer("/curves", c);
    for (std::size_t i = 0; i < curve.points.size() && table.rows.size() < kMostPointRows; ++i) {
      const result::CurvePoint& point = curve.points[i];
      const std::string here = pointer(at + "/points", i);
      const auto figure = [&](const char* key, std::optional<double> value) {
        return value ? number_figure(here + key, *value, small_ratio(*value)) : std::string("–");
      };
      table.rows.push_back({name_cell(at + "/policy", curve.policy),
                            capacity_figure(sweep, here + "/capacity", point.capacity),
                            figure("/miss_ratio", point.miss_ratio),
                            figure("/byte_miss_ratio", point.byte_miss_ratio),
                            point.error ? figure("/error", point.error) : "exact"});
    }
  }
  return table;
}

/// One row a policy, one column a capacity, from points: what the chart draws where there are no curves.
Table point_curve_table(const SweepResult& sweep) {
  Table table{.caption = "Miss ratio by policy and capacity",
              .columns = {"Policy", sweep.unit_size ? "Entries" : "Capacity", "Accesses", "Misses"},
              .rows = {}};
  for (std::size_t i = 0; i < std::min(sweep.points.size(), kMostPointRows); ++i) {
    const SweepPoint& point = sweep.points[i];
    const std::string at = pointer("/points", i);
    if (!result::takes_part(point) && !point.bound) continue;
    if (point.totals.accesses == 0 || point.status != result::Status::kComplete) continue;
    table.rows.push_back({name_cell(at + "/policy", point.policy),
                          capacity_figure(sweep, at + "/capacity", point.capacity),
                          count_figure(at + "/result/accesses", point.totals.accesses),
                          count_figure(at + "/result/misses", point.totals.misses)});
  }
  return table;
}

/// Whether policy and capacity alone tell points apart, seeds aside: points of other workloads, migrations or
/// splits between tiers make no curve together.
bool points_make_curves(const SweepResult& sweep) {
  std::size_t capacities = 0;
  for (const result::SweepAxis& axis : sweep.axes) {
    const std::string& path = axis.path;
    if (axis.values.size() < 2 || path == "seed" || path == "policy" || path.ends_with("eviction.policy"))
      continue;
    if (!path.ends_with("capacity")) return false;
    ++capacities;
  }
  return capacities <= 1;
}

bool has_several_capacities(const SweepResult& sweep) {
  return std::any_of(sweep.points.begin(), sweep.points.end(), [&](const SweepPoint& point) {
    return point.capacity != sweep.points.front().capacity;
  });
}

std::string curve_basis(const SweepResult& sweep) {
  for (std::size_t i = 0; i < sweep.curves.size(); ++i) {
    const result::MissRatioCurve& curve = sweep.curves[i];
    if (curve.sampling_rate >= 1) continue;
    const std::string at = pointer("/curves", i);
    return fmt::format(" A share of {} was sampled: bands are standard errors, {}.",
                       share_figure(at + "/sampling_rate", curve.sampling_rate),
                       text_figure("span", at + "/error_basis", curve.error_basis));
  }
  return "";
}

}  // namespace

std::string score_figure(const SweepResult& sweep, const std::string& path, double score) {
  return number_figure(path, score,
                       saves(sweep) ? result::format_ns(std::llround(score)) : small_ratio(score));
}

std::string ranking_section(const SweepResult& sweep) {
  const std::vector<result::RankedCandidate> ranked = result::rank_candidates(sweep);
  if (ranked.empty()) return section("ranking", "Ranking", "No point is complete, so nothing ranks.", "");
  Table table{
      .caption = score_name(sweep) + ", best first",
      .columns = {"Candidate", score_name(sweep), "Settings", "Best in", "Most behind the best", "Regret"},
      .rows = {}};
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const result::RankedCandidate& one = ranked[i];
    const std::string at = pointer("/ranking", i);
    table.rows.push_back({name_cell(at + "/name", one.name), score_figure(sweep, at + "/score", one.score),
                          count_figure(at + "/cells", one.cells),
                          count_figure(at + "/cells_won", one.cells_won),
                          share_figure(at + "/worst_behind_ratio", one.worst_behind),
                          share_figure(at + "/regret_ratio", one.regret)});
  }
  return section("ranking", "Ranking",
                 saves(sweep) ? "By modelled time saved, the mean over all settings that every candidate "
                                "completed. Longer bars are better."
                              : "By miss ratio, the mean over all settings that every candidate completed. "
                                "Shorter bars are better.",
                 card(chart("ranking") + scrolled(table)));
}

std::string pareto_section(const SweepResult& sweep) {
  const std::vector<result::ParetoPoint> points = result::pareto_front(sweep);
  if (points.size() < 2) return "";
  Table table{.caption = "Every setting, fewest bytes first",
              .columns = {"Setting", "On the front", "Uppermost tier", score_name(sweep)},
              .rows = {},
              .word_columns = 2};
  for (std::size_t i = 0; i < std::min(points.size(), kMostPointRows); ++i) {
    const std::string at = pointer("/pareto", i);
    const double bytes = points[i].l1_bytes;
    const std::string shown = sweep.unit_size ? result::format_count(static_cast<std::uint64_t>(bytes))
                                              : format_bytes(Bytes{static_cast<std::uint64_t>(bytes)});
    table.rows.push_back({name_cell(at + "/name", points[i].name), points[i].on_front ? "yes" : "no",
                          number_figure(at + "/l1_bytes", bytes, shown),
                          score_figure(sweep, at + "/score", points[i].score)});
  }
  return section(
      "pareto", "What a larger uppermost tier buys",
      "Points on the line are the Pareto front: nothing else is at least as good with as few bytes.",
      card(chart("pareto") + folded(table, "All settings as a table")) +
          cut_short(table.rows.size(), points.size()));
}

std::string curves_section(const SweepResult& sweep) {
  const bool drawn = !sweep.curves.empty();
  if (!drawn && (!points_make_curves(sweep) || !has_several_capacities(sweep))) return "";
  const Table table = drawn ? curve_table(sweep) : point_curve_table(sweep);
  return section("curves", "Miss ratio by capacity",
                 "Each line is one policy; the lower the better." + curve_basis(sweep),
                 card(chart("curves") + folded(table, "The curves as a table")));
}

std::string heat_section(const SweepResult& sweep) {
  const auto heat = result::heat_map(sweep);
  if (!heat) return "";
  Table table{.caption = score_name(sweep) + " by the two axes",
              .columns = {text_figure("span", "/heat_map/y_axis", heat->y_axis)},
              .rows = {}};
  for (std::size_t x = 0; x < heat->x.size(); ++x) {
    table.columns.push_back(text_figure("span", pointer("/heat_map/x", x), heat->x[x]));
  }
  for (std::size_t y = 0; y < heat->y.size(); ++y) {
    std::vector<std::string> row{name_cell(pointer("/heat_map/y", y), heat->y[y])};
    for (std::size_t x = 0; x < heat->x.size(); ++x) {
      const auto& cell = heat->cells[y][x];
      row.push_back(cell ? score_figure(sweep, pointer(pointer("/heat_map/cells", y), x), *cell) : "–");
    }
    table.rows.push_back(std::move(row));
  }
  return section("heat", "Two axes at once",
                 "The mean over everything else that was swept. The stronger the colour, the better.",
                 card(chart("heat") + folded(table, "The map as a table")));
}

std::string regret_section(const SweepResult& sweep) {
  const std::vector<std::size_t> bounded = bounded_points(sweep);
  if (bounded.empty()) return "";
  Table table{.caption = "Modelled saved time beside what no policy can pass",
              .columns = {"Point", "Saved", "Bound", "Infinite cache", "Regret", "Reachable hits reached"},
              .rows = {}};
  for (const std::size_t index : bounded) {
    if (table.rows.size() == kMostPointRows) break;
    table.rows.push_back(regret_row(sweep.points[index], index));
  }
  return section("regret", "Regret",
                 "Regret is the share of the bound that a policy left: (bound − saved) / bound, in modelled "
                 "time. The bound sees the future; no policy has to reach it.",
                 card(chart("regret") + "<div class=\"tall\">" + scrolled(table) + "</div>") +
                     cut_short(table.rows.size(), bounded.size()));
}

std::string candidate_kinds_section(const SweepResult& sweep) {
  const auto kinds = result::kinds_by_candidate(sweep);
  if (kinds.empty()) return "";
  Table table{.caption = "Sums over all settings of a candidate; saved time is modelled",
              .columns = {"Candidate", "Kind", "Accesses", "Hits", "Covered", "Misses", "Saved"},
              .rows = {},
              .word_columns = 2};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const std::string at = pointer("/candidate_kinds", i);
    for (const auto& [kind, sum] : kinds[i].second) {
      const std::string here = pointer(at + "/kinds", kind);
      table.rows.push_back(
          {name_cell(at + "/name", kinds[i].first), "<span data-name>" + words(kind) + "</span>",
           count_figure(here + "/accesses", sum.accesses), count_figure(here + "/hits", sum.hits),
           count_figure(here + "/covered", sum.covered), count_figure(here + "/misses", sum.misses),
           time_figure(here + "/saved_ns", sum.saved_ns)});
    }
  }
  return section("kinds", "Where the time is saved",
                 "Modelled saved time of each candidate by kind of artefact, best candidate first.",
                 card(chart("sweepkinds") + folded(table, "All kinds as a table")));
}

std::string points_section(const SweepResult& sweep) {
  Table table{.caption = "Every point, in the order given; seconds are measured wall time",
              .columns = {"Point", "Status", sweep.unit_size ? "Entries" : "Capacity", "Accesses", "Misses",
                          "Hit ratio", saves(sweep) ? "Saved" : "Bytes missed", "Took"},
              .rows = {},
              .word_columns = 2};
  const std::size_t shown = std::min(sweep.points.size(), kMostPointRows);
  for (std::size_t i = 0; i < shown; ++i) table.rows.push_back(point_row(sweep, i));
  return section(
      "points", "Every point", "What was run.",
      card("<div class=\"tall\">" + scrolled(table) + "</div>") + cut_short(shown, sweep.points.size()));
}

}  // namespace cachebench::report

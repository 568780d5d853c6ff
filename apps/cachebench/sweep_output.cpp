// SPDX-License-Identifier: Apache-2.0
// What a sweep prints and writes.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/file.h"
#include "core/nearest.h"
#include "core/units.h"
#include "report/report.h"
#include "result/sweep_analysis.h"
#include "sweep_command.h"

namespace cachebench::app {
namespace {

constexpr std::size_t kMostRows = 40;

std::string saved(double nanoseconds) {
  return format_duration(Nanoseconds{static_cast<std::int64_t>(nanoseconds)});
}

std::string bound_column(const result::SweepPoint& point) {
  if (!point.bounds || !point.bounds->belady_misses) return "";
  return fmt::format("  {:>12}", *point.bounds->belady_misses);
}

std::string curve_lines(const result::SweepResult& sweep) {
  std::string text;
  // Curves through the points alone are in the table already.
  const std::size_t capacities = sweep.axes.size() > 1 ? sweep.axes[1].values.size() : 0;
  for (const result::MissRatioCurve& curve : sweep.curves) {
    if (curve.points.size() <= capacities) continue;
    text += fmt::format("\n{} curve, {}\n", curve.policy,
                        curve.sampling_rate < 1
                            ? fmt::format("sampled at {}: {}", curve.sampling_rate, curve.error_basis)
                            : std::string("exact"));
    for (const result::CurvePoint& point : curve.points) {
      text += fmt::format("{:>20}  {:.6f}{}\n", point.capacity, point.miss_ratio,
                          point.error ? fmt::format(" +- {:.6f}", *point.error) : std::string());
    }
  }
  return text;
}

}  // namespace

std::string one_tier_table(const result::SweepResult& sweep) {
  std::size_t width = 6;
  bool bounded = false;
  for (const result::SweepPoint& point : sweep.points) {
    width = std::max(width, point.policy.size());
    bounded = bounded || point.bounds.has_value();
  }
  std::string text =
      fmt::format("{}: {} accesses to {} objects\n{:<{}}  {:>14}  {:>12}  {:>10}  {:>15}  {:>9}{}\n",
                  sweep.trace.name, sweep.trace.accesses, sweep.trace.distinct, "policy", width,
                  sweep.unit_size ? "entries" : "bytes", "misses", "miss ratio", "byte miss ratio", "seconds",
                  bounded ? fmt::format("  {:>12}", "belady") : std::string());
  for (const result::SweepPoint& point : sweep.points) {
    const result::Totals& totals = point.totals;
    text += fmt::format("{:<{}}  {:>14}  {:>12}  {:>10.4f}  {:>15.4f}  {:>9.3f}{}\n", point.policy, width,
                        point.capacity, totals.misses,
                        result::ratio_of(totals.misses, totals.accesses).value_or(0),
                        result::ratio_of(totals.bytes_missed, totals.bytes_requested).value_or(0),
                        point.seconds, bound_column(point));
  }
  text += curve_lines(sweep);
  for (const std::string& note : sweep.notes) text += note + "\n";
  if (sweep.recommendation && !sweep.recommendation->runner_up.empty()) {
    text += "\n" + sweep.recommendation->why + "\n";
  }
  return text;
}

std::string experiment_table(const result::SweepResult& sweep) {
  const std::vector<result::RankedCandidate> ranked = result::rank_candidates(sweep);
  std::size_t width = 9;
  for (const result::RankedCandidate& row : ranked) width = std::max(width, row.name.size());
  std::string text =
      fmt::format("{}: {} points, {}\n", sweep.name, sweep.points.size(), name_of(sweep.status));
  for (const std::string& reason : sweep.reasons) text += reason + "\n";
  text += fmt::format("{:<{}}  {:>14}  {:>9}  {:>12}  {:>8}\n", "candidate", width, "mean saved", "won",
                      "worst behind", "regret");
  for (std::size_t i = 0; i < std::min(ranked.size(), kMostRows); ++i) {
    const result::RankedCandidate& row = ranked[i];
    text += fmt::format("{:<{}}  {:>14}  {:>9}  {:>11.2f}%  {:>8}\n", row.name, width, saved(row.score),
                        fmt::format("{}/{}", row.cells_won, row.cells), row.worst_behind * 100,
                        row.regret ? fmt::format("{:.1f}%", *row.regret * 100) : std::string("-"));
  }
  if (ranked.size() > kMostRows) text += fmt::format("and {} more\n", ranked.size() - kMostRows);
  if (sweep.recommendation) text += "\n" + sweep.recommendation->why + "\n";
  return text;
}

void check_exports(const std::vector<std::string>& exports) {
  for (const std::string& format : exports) {
    if (format != "json" && format != "csv") (void)report::format_of(format);
  }
}

std::vector<std::string> write_sweep(const result::SweepResult& sweep, const std::string& folder,
                                     const std::vector<std::string>& exports) {
  const auto path = [&](const std::string& extension) {
    return (std::filesystem::path(folder) / ("sweep." + extension)).string();
  };
  std::vector<std::string> files{path("json")};
  write_file(files.front(), result::to_text(sweep));
  for (const std::string& format : exports) {
    if (format == "json") continue;
    const std::string extension = format == "csv" ? "csv" : report::format_of(format).extension;
    write_file(path(extension), format == "csv" ? result::to_csv(sweep) : report::render(format, sweep));
    files.push_back(path(extension));
  }
  return files;
}

}  // namespace cachebench::app

// SPDX-License-Identifier: Apache-2.0
// A summary that fits a comment on a change: at most 60 lines, whatever the result.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/units.h"
#include "report/compression_section.h"
#include "report/markup.h"
#include "report/multimodal_section.h"
#include "report/pipeline_section.h"
#include "report/report.h"
#include "report/visual_section.h"
#include "result/findings.h"
#include "result/guards.h"
#include "result/sweep_analysis.h"

namespace cachebench::report {
namespace {

using result::format_count;
using result::format_ns;
using result::format_share;
using result::ratio_of;

constexpr std::size_t kMostRows = 9;  // of each table, so that the whole stays within its 60 lines
constexpr std::size_t kMostLines = 4;
constexpr std::size_t kMostRanked = 30;  // candidates of a sweep

std::string bytes(std::uint64_t value) {
  return format_bytes(Bytes{value});
}

std::string bullets(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), kMostLines); ++i)
    text += "- " + plain_markdown(lines[i]) + "\n";
  if (lines.size() > kMostLines) text += fmt::format("- and {} more\n", lines.size() - kMostLines);
  return text;
}

std::string tiers_of(const result::RunResult& result) {
  std::string text = "\n| tier | device | capacity | peak | look-ups | hits | hit ratio | evictions |\n";
  text += "|---|---|---:|---:|---:|---:|---:|---:|\n";
  for (const result::TierResult& tier : result.tiers) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", plain_markdown(tier.name),
                        plain_markdown(tier.device), bytes(tier.capacity_bytes), bytes(tier.peak_bytes),
                        format_count(tier.accesses), format_count(tier.hits),
                        format_share(ratio_of(tier.hits, tier.accesses)), format_count(tier.evictions));
  }
  return text;
}

std::string kinds_of(const result::RunResult& result) {
  std::string text = "\n| kind | accesses | hits | covered | misses | hit ratio | saved (modelled) |\n";
  text += "|---|---:|---:|---:|---:|---:|---:|\n";
  std::size_t rows = 0;
  for (const auto& [name, kind] : result::kinds_in_order(result)) {
    if (++rows > kMostRows) break;
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", plain_markdown(name),
                        format_count(kind.accesses), format_count(kind.hits), format_count(kind.covered),
                        format_count(kind.misses), format_share(ratio_of(kind.hits, kind.hits + kind.misses)),
                        format_ns(kind.saved_ns));
  }
  return text;
}

std::string latency_of(const result::RunResult& result) {
  if (result.latency.empty()) return "";
  std::string text = "\n| latency | basis | count | p50 | p90 | p99 | p99.9 | max |\n";
  text += "|---|---|---:|---:|---:|---:|---:|---:|\n";
  std::size_t rows = 0;
  for (const auto& [name, summary] : result.latency) {
    if (++rows > kMostRows) break;
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", plain_markdown(name),
                        name_of(summary.basis), format_count(summary.count), format_ns(summary.p50_ns),
                        format_ns(summary.p90_ns), format_ns(summary.p99_ns), format_ns(summary.p999_ns),
                        format_ns(summary.max_ns));
  }
  return text;
}

std::string misses_of(const result::RunResult& result) {
  std::string text;
  for (const auto& [name, field] : result::kMissCauseFields) {
    const std::uint64_t count = result.misses_by_cause.*field;
    if (count == 0) continue;
    text += fmt::format("{}{} {} ({})", text.empty() ? "\nMisses by cause: " : ", ", plain_markdown(name),
                        format_count(count), format_share(ratio_of(count, result.totals.misses)));
  }
  return text.empty() ? "" : text + ".\n";
}

std::string render_md(const result::RunResult& result) {
  const result::Totals& totals = result.totals;
  std::string text = fmt::format("## {}: {}\n\n", plain_markdown(result.name.empty() ? "run" : result.name),
                                 result::name_of(result.status));
  text += fmt::format("{} run of trace {}, {} requests, {} accesses.\n\n", plain_markdown(result.mode),
                      plain_markdown(result.trace.name), format_count(totals.requests),
                      format_count(totals.accesses));
  if (!result.reasons.empty()) text += bullets(result.reasons) + "\n";
  text += bullets(result::findings(result));
  if (const auto regret = result.bounds ? result.bounds->regret_ratio(totals) : std::nullopt) {
    text += fmt::format("- Regret: {} of the {} that no policy can pass were left (modelled, bound {})\n",
                        format_share(regret), format_ns(*result.bounds->saved_ns),
                        plain_markdown(result.bounds->method));
  }
  text += bullets(result::guards(result));
  text += tiers_of(result) + kinds_of(result) + misses_of(result) + latency_of(result);
  if (const result::ModelCheck all = result::overall(result.model_check); all.count > 0) {
    text += fmt::format("\nModel: {} modelled, {} measured for the mean of {} accesses.\n",
                        format_ns(all.predicted_ns), format_ns(all.measured_ns), format_count(all.count));
  }
  text += multimodal_line(result) + visual_line(result) + pipeline_lines(result);
  text += compression_markdown(result);
  if (!result.notes.empty()) text += "\n" + bullets(result.notes);
  return text + fmt::format("\nDecision log `{}`\n", plain_markdown(result.decision_log_hash));
}

std::string score_text(const result::SweepResult& sweep, double score) {
  return sweep.metric == result::SweepMetric::kSavedTime ? format_ns(std::llround(score))
                                                         : fmt::format("{:.4f}", score);
}

std::string ranking_of(const result::SweepResult& sweep) {
  std::string text = fmt::format(
      "\n| candidate | {} | settings won | worst behind | regret |\n",
      sweep.metric == result::SweepMetric::kSavedTime ? "mean saved time (modelled)" : "mean miss ratio");
  text += "|---|---:|---:|---:|---:|\n";
  std::size_t rows = 0;
  const std::vector<result::RankedCandidate> ranked = result::rank_candidates(sweep);
  for (const result::RankedCandidate& candidate : ranked) {
    if (++rows > kMostRanked) break;
    text += fmt::format("| {} | {} | {} of {} | {} | {} |\n", plain_markdown(candidate.name),
                        score_text(sweep, candidate.score), candidate.cells_won, candidate.cells,
                        format_share(candidate.worst_behind), format_share(candidate.regret));
  }
  if (rows > kMostRanked) text += fmt::format("\nand {} more.\n", ranked.size() - kMostRanked);
  return text;
}

std::string render_sweep(const result::SweepResult& sweep) {
  std::string text = fmt::format("## {}: {}\n\n", plain_markdown(sweep.name.empty() ? "sweep" : sweep.name),
                                 result::name_of(sweep.status));
  text += fmt::format("Sweep of {} points over trace {}, {} accesses.\n\n", format_count(sweep.points.size()),
                      plain_markdown(sweep.trace.name), format_count(sweep.trace.accesses));
  if (!sweep.reasons.empty()) text += bullets(sweep.reasons) + "\n";
  if (sweep.recommendation) {
    text += fmt::format("**Take {}.** {}\n", plain_markdown(sweep.recommendation->policy),
                        plain_markdown(sweep.recommendation->why));
  }
  text += ranking_of(sweep);
  if (const auto list = result::guards(sweep); !list.empty()) text += "\n" + bullets(list);
  if (!sweep.notes.empty()) text += "\n" + bullets(sweep.notes);
  return text;
}

CACHEBENCH_REGISTER(ReportDescriptor, {.name = "md",
                                       .extension = "md",
                                       .doc = "Markdown of at most 60 lines, for a comment",
                                       .render = render_md,
                                       .render_sweep = render_sweep});

}  // namespace
}  // namespace cachebench::report

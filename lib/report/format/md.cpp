// SPDX-License-Identifier: Apache-2.0
// A summary that fits a comment on a change: at most 60 lines, whatever the result.
#include <fmt/format.h>

#include <algorithm>

#include "core/units.h"
#include "report/markup.h"
#include "report/report.h"
#include "result/findings.h"

namespace cachebench::report {
namespace {

using result::format_count;
using result::format_ns;
using result::format_share;
using result::ratio_of;

constexpr std::size_t kMostRows = 9;  // of each table, so that the whole stays within its 60 lines
constexpr std::size_t kMostLines = 4;

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
  text += tiers_of(result) + kinds_of(result) + misses_of(result) + latency_of(result);
  if (const result::ModelCheck all = result::overall(result.model_check); all.count > 0) {
    text += fmt::format("\nModel: {} modelled, {} measured for the mean of {} accesses.\n",
                        format_ns(all.predicted_ns), format_ns(all.measured_ns), format_count(all.count));
  }
  if (!result.notes.empty()) text += "\n" + bullets(result.notes);
  return text + fmt::format("\nDecision log `{}`\n", plain_markdown(result.decision_log_hash));
}

CACHEBENCH_REGISTER(ReportDescriptor, {.name = "md",
                                       .extension = "md",
                                       .doc = "Markdown of at most 60 lines, for a comment",
                                       .render = render_md});

}  // namespace
}  // namespace cachebench::report

// SPDX-License-Identifier: Apache-2.0
#include "run_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "core/units.h"
#include "report/roofline_section.h"
#include "result/guards.h"
#include "similarity_lines.h"

namespace cachebench::app {
namespace {

std::string percent(std::optional<double> ratio) {
  return ratio ? fmt::format("{:.2f}%", 100.0 * *ratio) : std::string("-");
}

std::string bytes(std::uint64_t value) {
  return format_bytes(Bytes{value});
}

std::string tier_table(const result::RunResult& result) {
  std::string text =
      fmt::format("  {:<6} {:<9} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}  {}\n", "tier", "device",
                  "capacity", "peak", "lookups", "hits", "evictions", "p50 hit", "basis");
  for (const result::TierResult& tier : result.tiers) {
    const auto latency = result.latency.find(tier.name);
    const bool known = latency != result.latency.end();
    text +=
        fmt::format("  {:<6} {:<9} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}  {}\n", tier.name, tier.device,
                    bytes(tier.capacity_bytes), bytes(tier.peak_bytes), tier.accesses, tier.hits,
                    tier.evictions, known ? format_duration(Nanoseconds{latency->second.p50_ns}) : "-",
                    known ? result::name_of(latency->second.basis) : "");
  }
  return text;
}

std::string kind_table(const result::RunResult& result) {
  std::string text = fmt::format("  {:<24} {:>10} {:>10} {:>10} {:>10} {:>14}\n", "kind", "accesses", "hits",
                                 "covered", "misses", "saved (model)");
  for (const auto& [name, kind] : result.kinds) {
    text += fmt::format("  {:<24} {:>10} {:>10} {:>10} {:>10} {:>14}\n", name, kind.accesses, kind.hits,
                        kind.covered, kind.misses, format_duration(Nanoseconds{kind.saved_ns}));
  }
  return text;
}

// Means over the kinds of a tier unless each is wanted.
std::vector<result::ModelCheck> compared(const result::RunResult& result, SummaryDetail detail) {
  if (detail == SummaryDetail::kKinds) return result.model_check;
  std::vector<result::ModelCheck> rows;
  for (const result::ModelCheck& check : result.model_check) {
    if (rows.empty() || rows.back().tier != check.tier) rows.push_back({.tier = check.tier, .kind = "all"});
    result::ModelCheck& row = rows.back();
    const auto before = static_cast<std::int64_t>(row.count);
    const auto added = static_cast<std::int64_t>(check.count);
    row.predicted_ns = (row.predicted_ns * before + check.predicted_ns * added) / (before + added);
    row.measured_ns = (row.measured_ns * before + check.measured_ns * added) / (before + added);
    row.count += check.count;
  }
  return rows;
}

std::string model_table(const result::RunResult& result, SummaryDetail detail) {
  const std::vector<result::ModelCheck> rows = compared(result, detail);
  if (rows.empty()) return "";
  std::string text = fmt::format("  {:<6} {:<24} {:>10} {:>12} {:>12} {:>8}  {}\n", "tier",
                                 "mean service of a hit", "count", "modelled", "by clock", "error", "basis");
  for (const result::ModelCheck& row : rows) {
    // A clock's figure on an emulated device is emulated, as the latency of its tier is.
    const auto latency = result.latency.find(row.tier);
    const bool known = latency != result.latency.end();
    text += fmt::format("  {:<6} {:<24} {:>10} {:>12} {:>12} {:>+7.0f}%  {}\n", row.tier, row.kind, row.count,
                        format_duration(Nanoseconds{row.predicted_ns}),
                        format_duration(Nanoseconds{row.measured_ns}), 100.0 * row.error_ratio().value_or(0),
                        known ? result::name_of(latency->second.basis) : "");
  }
  return text;
}

std::string duration(std::int64_t ns) {
  return format_duration(Nanoseconds{ns});
}

// Totals and medians by tier; a tier whose link this host cannot emulate says so and is in no sum.
std::string tier_check_table(const result::RunResult& result, SummaryDetail detail) {
  if (detail != SummaryDetail::kKinds || result.tier_checks.empty()) return "";
  std::string text = fmt::format("  {:<6} {:<15} {:>10} {:>12} {:>12} {:>8} {:>12} {:>12} {:>8}\n", "tier",
                                 "service of hits", "count", "total model", "by clock", "error", "p50 model",
                                 "by clock", "error");
  result::TierCheck sum{.tier = "sum"};
  std::string notes;
  for (const result::TierCheck& row : result.tier_checks) {
    text += fmt::format("  {:<6} {:<15} {:>10} {:>12} {:>12} {:>+7.1f}% {:>12} {:>12} {:>+7.1f}%\n", row.tier,
                        row.left_out.empty() ? "" : "left out", row.count, duration(row.predicted_ns),
                        duration(row.measured_ns), 100.0 * row.total_error().value_or(0),
                        duration(row.predicted_p50_ns), duration(row.measured_p50_ns),
                        100.0 * row.p50_error().value_or(0));
    if (!row.left_out.empty()) {
      notes += fmt::format("  {} is left out of the sum: {}\n", row.tier, row.left_out);
      continue;
    }
    sum.count += row.count;
    sum.predicted_ns += row.predicted_ns;
    sum.measured_ns += row.measured_ns;
  }
  return text +
         fmt::format("  {:<6} {:<15} {:>10} {:>12} {:>12} {:>+7.1f}%\n", sum.tier, "", sum.count,
                     duration(sum.predicted_ns), duration(sum.measured_ns),
                     100.0 * sum.total_error().value_or(0)) +
         notes;
}

std::string bound_lines(const result::RunResult& result) {
  if (!result.bounds) return "";
  const result::Bounds& bounds = *result.bounds;
  std::string text;
  if (bounds.saved_ns) {
    text += fmt::format("  no policies save more than {} here, modelled ({} bound): regret {}\n",
                        format_duration(Nanoseconds{*bounds.saved_ns}), bounds.method,
                        percent(bounds.regret_ratio(result.totals)));
  }
  text += fmt::format("  compulsory misses {} ({} of accesses); of what could be served, {} was\n",
                      bounds.compulsory_misses,
                      percent(result::ratio_of(bounds.compulsory_misses, result.totals.accesses)),
                      percent(bounds.reachable_ratio(result.totals)));
  if (bounds.infinite_saved_ns) {
    text += fmt::format("  an endless first tier would save {}, modelled\n",
                        format_duration(Nanoseconds{*bounds.infinite_saved_ns}));
  }
  if (bounds.belady_misses) text += fmt::format("  Belady's optimum misses {}\n", *bounds.belady_misses);
  std::string worth;
  constexpr double kGibibyte = 1024.0 * 1024 * 1024;
  for (const result::TierResult& tier : result.tiers) {
    const auto found = bounds.worth_ns_per_byte.find(tier.name);
    if (found == bounds.worth_ns_per_byte.end() || found->second <= 0) continue;
    // Beyond what an endless cache saves, a first-order figure means nothing.
    const double ns = std::min(found->second * kGibibyte,
                               static_cast<double>(bounds.infinite_saved_ns.value_or(INT64_MAX / 2)));
    worth += fmt::format("{}{} {}", worth.empty() ? "" : ", ", tier.name,
                         format_duration(Nanoseconds{static_cast<std::int64_t>(ns)}));
  }
  if (!worth.empty()) text += fmt::format("  another GiB raises the bound by at most: {}\n", worth);
  for (const std::string& note : bounds.notes) text += fmt::format("  note: {}\n", note);
  return text;
}

}  // namespace

std::string summarise_run(const result::RunResult& result, const std::vector<std::string>& files,
                          SummaryDetail detail) {
  const result::Totals& totals = result.totals;
  std::string text =
      fmt::format("{} ({}, {}): {} requests, {} accesses, {}\n", result.name, result.mode, result.trace.name,
                  totals.requests, totals.accesses, result::name_of(result.status));
  for (const std::string& reason : result.reasons)
    text += fmt::format("  {}: {}\n", result::name_of(result.status), reason);
  text += fmt::format("  hit ratio {}, served {} (with what hits made unnecessary), bytes {}\n",
                      percent(totals.hit_ratio()), percent(totals.served_ratio()),
                      percent(totals.byte_hit_ratio()));
  text += fmt::format("  saved {} of computing, modelled; spent {} serving, modelled; took {}, measured\n",
                      format_duration(Nanoseconds{totals.saved_ns}),
                      format_duration(Nanoseconds{totals.service_ns}),
                      format_duration(Nanoseconds{totals.elapsed_ns}));
  text += bound_lines(result) + similarity_lines(result);
  text += tier_table(result) + kind_table(result) + model_table(result, detail) +
          tier_check_table(result, detail);
  if (totals.verified_bytes > 0) {
    text += fmt::format("  verified {}: {} wrong bytes\n", bytes(totals.verified_bytes), totals.wrong_bytes);
  }
  if (result.pipeline) text += report::roofline_summary(*result.pipeline);
  for (const std::string& line : result::guards(result)) text += fmt::format("  warning: {}\n", line);
  if (!result.decision_log_hash.empty())
    text +=
        fmt::format("  decisions {}: same config, seed and trace give the same\n", result.decision_log_hash);
  for (const std::string& note : result.notes) text += fmt::format("  note: {}\n", note);
  for (const std::string& file : files) text += fmt::format("  wrote {}\n", file);
  return text;
}

}  // namespace cachebench::app

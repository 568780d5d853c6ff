// SPDX-License-Identifier: Apache-2.0
#include "result/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/units.h"
#include "result/cautions.h"

namespace cachebench::result {
namespace {

constexpr std::size_t kMostFindings = 3;

std::string words_of(std::string_view key) {
  std::string text(key);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string wrong_bytes(const RunResult& result) {
  return fmt::format("{} wrong bytes were served out of {} verified: do not trust this run.",
                     format_count(result.totals.wrong_bytes), format_count(result.totals.verified_bytes));
}

std::string hit_finding(const RunResult& result) {
  const Totals& totals = result.totals;
  std::string text = fmt::format("{} of {} accesses{} were hits", format_share(totals.hit_ratio()),
                                 format_count(totals.hits + totals.misses),
                                 totals.covered > 0 ? " that nothing covered" : "");
  std::string where;
  for (const TierResult& tier : result.tiers) {
    if (totals.hits == 0) break;
    const std::string share = format_share(ratio_of(tier.hits, totals.hits));
    where += where.empty() ? fmt::format("{} served {} of them", tier.name, share)
                           : fmt::format(", {} {}", tier.name, share);
  }
  if (!where.empty()) text += ": " + where;
  text += ".";
  if (totals.covered > 0) {
    text += fmt::format(" With what a hit covered, {} of {} accesses needed no computation.",
                        format_share(totals.served_ratio()), format_count(totals.accesses));
  }
  if (result.bounds && result.bounds->reachable_ratio(totals)) {
    text += fmt::format(
        " An endless cache could have served {} of all accesses: {} of that was reached.",
        format_share(1.0 - ratio_of(result.bounds->compulsory_misses, totals.accesses).value_or(0)),
        format_share(result.bounds->reachable_ratio(totals)));
  }
  return text;
}

std::string advice_for(std::string_view cause) {
  if (cause == "cold") return "seen for the first time, so no cache of any size avoids them";
  if (cause == "capacity")
    return "evicted before they came back, so a larger tier or another policy can help";
  if (cause == "not_admitted") return "kept out by the admission policy";
  if (cause == "expired") return "past their time to live";
  if (cause == "corrupt") return "stored records that failed their checksum";
  if (cause == "broken_prefix") return "resident, but behind a gap in their prefix chain";
  if (cause == "late_prefetch") return "prefetched too late";
  return "larger than the tier they were offered to";
}

std::string miss_finding(const RunResult& result) {
  const auto* worst = &kMissCauseFields[0];
  for (const auto& field : kMissCauseFields) {
    if (result.misses_by_cause.*field.second > result.misses_by_cause.*worst->second) worst = &field;
  }
  const std::uint64_t count = result.misses_by_cause.*worst->second;
  return fmt::format("Of {} misses {} were {}: {}.", format_count(result.totals.misses),
                     format_share(ratio_of(count, result.totals.misses)), words_of(worst->first),
                     advice_for(worst->first));
}

std::string regret_clause(const RunResult& result) {
  const std::optional<double> regret =
      result.bounds ? result.bounds->regret_ratio(result.totals) : std::nullopt;
  if (!regret) return "";
  return fmt::format(
      " With these tiers no policies could save more than a modelled {}: this is {} short of it.",
      format_ns(*result.bounds->saved_ns), format_share(regret));
}

// Where nothing can be learned of policies, that comes before what they did.
std::string guard_finding(const RunResult& result) {
  for (const TierResult& tier : result.tiers) {
    const auto fits = fits_caution(tier.name, tier.capacity_bytes, result.trace.bytes_distinct.value_or(0));
    if (fits) return *fits;
  }
  return "";
}

std::string time_finding(const RunResult& result) {
  const Totals& totals = result.totals;
  const std::int64_t without = totals.saved_ns + totals.service_ns;
  if (totals.saved_ns < 0) {
    return fmt::format("Serving from the cache cost a modelled {} more than computing everything would have.",
                       format_ns(-totals.saved_ns)) +
           regret_clause(result);
  }
  std::string text =
      fmt::format("The cache saved a modelled {}: {} of service instead of {}", format_ns(totals.saved_ns),
                  format_ns(totals.service_ns), format_ns(without));
  if (totals.service_ns > 0 && without > 0) {
    const double factor = static_cast<double>(without) / static_cast<double>(totals.service_ns);
    text += factor >= 2.0 ? fmt::format(", {:.1f} times less", factor)
                          : fmt::format(", {} less", format_share(1.0 - 1.0 / factor));
  }
  return text + "." + regret_clause(result);
}

std::string model_finding(const RunResult& result) {
  const ModelCheck all = overall(result.model_check);
  if (all.predicted_ns <= 0) return "";
  const char* clock =
      overall_clock_basis(result) == Basis::kEmulated ? "by the clock, on an emulated device" : "measured";
  return fmt::format("A timed access took {} ({}) where the model predicted {}, the mean of {}.",
                     format_ns(all.measured_ns), clock, format_ns(all.predicted_ns), format_count(all.count));
}

}  // namespace

std::string format_share(std::optional<double> ratio) {
  if (!ratio || !std::isfinite(*ratio)) return "–";
  return fmt::format("{:.1f}%", *ratio * 100.0);
}

std::string format_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string format_ns(std::int64_t ns) {
  std::string text = format_duration(Nanoseconds(ns >= 0 ? ns : ns == INT64_MIN ? INT64_MAX : -ns));
  if (text.ends_with(" us")) text = text.substr(0, text.size() - 2) + "µs";
  return ns >= 0 ? text : fmt::format("-{}", text);
}

std::vector<std::string> findings(const RunResult& result) {
  std::vector<std::string> list;
  const auto add = [&](std::string text) {
    if (!text.empty() && list.size() < kMostFindings) list.push_back(std::move(text));
  };
  if (result.totals.wrong_bytes > 0) add(wrong_bytes(result));
  if (result.totals.accesses == 0) {
    add("Nothing was accessed, so there is nothing to conclude.");
    return list;
  }
  add(guard_finding(result));
  add(hit_finding(result));
  add(time_finding(result));
  if (!result.model_check.empty()) add(model_finding(result));
  if (result.totals.misses > 0) add(miss_finding(result));
  return list;
}

}  // namespace cachebench::result

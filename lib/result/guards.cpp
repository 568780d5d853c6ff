// SPDX-License-Identifier: Apache-2.0
#include "result/guards.h"

#include <fmt/format.h>

#include "core/units.h"
#include "result/findings.h"
#include "result/sweep_analysis.h"

namespace cachebench::result {
namespace {

std::string bytes_text(std::uint64_t bytes) {
  return format_bytes(Bytes{bytes});
}

bool holds_working_set(const TierResult& tier, const TraceFacts& trace) {
  return trace.bytes_distinct && *trace.bytes_distinct > 0 && tier.capacity_bytes >= *trace.bytes_distinct;
}

std::string tier_guard(const TierResult& tier, const TraceFacts& trace) {
  // Of tiers that hold everything or carried nothing, cautions.h speaks.
  if (holds_working_set(tier, trace) || (tier.bytes_read == 0 && tier.bytes_written == 0)) return "";
  if (tier.evictions == 0 && tier.capacity_bytes > 0) {
    return fmt::format(
        "{} never had to evict (it held {} of {} at most), so its eviction policy decided nothing.",
        tier.name, bytes_text(tier.peak_bytes), bytes_text(tier.capacity_bytes));
  }
  if (tier.accesses > 0 && tier.hits == 0) {
    return fmt::format("{} was asked {} times and served none.", tier.name, format_count(tier.accesses));
  }
  return "";
}

// 0 where points differ in what they replay, so that there is no one working set.
std::uint64_t working_set(const SweepResult& sweep) {
  for (const SweepAxis& axis : sweep.axes) {
    const bool workload = axis.path.starts_with("trace") || axis.path.starts_with("model");
    if (workload && axis.values.size() > 1) return 0;
  }
  return sweep.unit_size ? sweep.trace.distinct : sweep.trace.bytes_distinct.value_or(0);
}

}  // namespace

std::vector<std::string> guards(const RunResult& result) {
  std::vector<std::string> list;
  if (result.totals.accesses == 0) return list;
  for (const TierResult& tier : result.tiers) {
    std::string text = tier_guard(tier, result.trace);
    if (!text.empty()) list.push_back(std::move(text));
  }
  return list;
}

std::vector<std::string> guards(const SweepResult& sweep) {
  std::vector<std::string> list;
  const std::uint64_t whole = working_set(sweep);
  std::size_t too_large = 0;
  std::size_t idle = 0;
  for (const SweepPoint& point : sweep.points) {
    if (!takes_part(point) || point.totals.accesses == 0) continue;
    if (whole > 0 && point.capacity >= whole) {
      ++too_large;
    } else if (point.totals.evictions == 0 && point.capacity > 0) {
      ++idle;
    }
  }
  if (too_large > 0) {
    list.push_back(
        fmt::format("{} of {} points have room for the whole working set ({}): no policy can differ there.",
                    format_count(too_large), format_count(sweep.points.size()),
                    sweep.unit_size ? format_count(whole) + " entries" : bytes_text(whole)));
  }
  if (idle > 0) {
    list.push_back(fmt::format("{} of {} points never evicted anything: their policies decided nothing.",
                               format_count(idle), format_count(sweep.points.size())));
  }
  return list;
}

}  // namespace cachebench::result

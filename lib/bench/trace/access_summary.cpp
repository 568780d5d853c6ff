// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/access_summary.h"

#include <algorithm>
#include <cmath>

namespace cachebench::bench {
namespace {

// The smallest value with at least this share of the accesses at or below it.
std::uint64_t quantile(const std::vector<std::uint64_t>& counts, std::uint64_t total, double share) {
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(total) * share)));
  std::uint64_t below = 0;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    below += counts[value];
    if (below >= rank) return value;
  }
  return counts.empty() ? 0 : counts.size() - 1;
}

}  // namespace

AccessSummary::AccessSummary() {
  windows_[0].totals.accesses = 1'000;
  windows_[1].totals.accesses = 10'000;
  windows_[2].totals.accesses = 100'000;
}

void AccessSummary::add_to_window(Window& window, std::size_t index, std::uint64_t bytes) {
  if (index >= window.seen.size()) window.seen.resize(std::max(index + 1, window.seen.size() * 2));
  const auto number = static_cast<std::uint32_t>(window.windows + 1);
  if (window.seen[index] != number) {
    window.seen[index] = number;
    ++window.objects;
    window.bytes += bytes;
  }
  if (++window.in_window < window.totals.accesses) return;
  window.totals.mean_objects += static_cast<double>(window.objects);
  window.totals.mean_bytes += static_cast<double>(window.bytes);
  window.totals.max_objects = std::max(window.totals.max_objects, window.objects);
  window.totals.max_bytes = std::max(window.totals.max_bytes, window.bytes);
  ++window.windows;
  window.in_window = window.objects = window.bytes = 0;
}

void AccessSummary::add(EntryId id, std::uint64_t bytes) {
  ++accesses_;
  bytes_requested_ += bytes;
  const std::size_t index = index_of(id);
  if (const std::uint64_t depth = distance_.access(id); depth == 0) {
    ++distinct_;
    bytes_distinct_ += bytes;
    reused_.push_back(false);
  } else {
    if (depth >= distances_.size())
      distances_.resize(std::max<std::size_t>(depth + 1, distances_.size() * 2));
    ++distances_[depth];
    if (!reused_[index]) {
      reused_[index] = true;
      ++reused_count_;
    }
  }
  for (Window& window : windows_) add_to_window(window, index, bytes);
}

void AccessSummary::put_into(TraceInfo& info) const {
  info.accesses = accesses_;
  info.distinct = distinct_;
  info.reused = reused_count_;
  info.bytes_requested = bytes_requested_;
  info.bytes_distinct = bytes_distinct_;
  const std::uint64_t repeated = accesses_ - distinct_;
  if (repeated > 0) {
    info.reuse_distance = Percentiles{.p50 = quantile(distances_, repeated, 0.50),
                                      .p90 = quantile(distances_, repeated, 0.90),
                                      .p99 = quantile(distances_, repeated, 0.99)};
  }
  for (const Window& window : windows_) {
    if (window.windows == 0) continue;
    WorkingSet set = window.totals;
    set.mean_objects /= static_cast<double>(window.windows);
    set.mean_bytes /= static_cast<double>(window.windows);
    info.working_sets.push_back(set);
  }
}

void ArrivalSummary::add(Nanoseconds arrival) {
  if (count_++ == 0) {
    first_ = last_ = arrival;
    return;
  }
  const Nanoseconds gap = arrival - last_;
  last_ = arrival;
  gaps_.record(gap.count());
  const auto ns = static_cast<double>(gap.count());
  sum_ += ns;
  sum_of_squares_ += ns * ns;
}

void ArrivalSummary::put_into(TraceInfo& info) const {
  info.duration = last_ - first_;
  if (count_ < 2) return;
  const auto gaps = static_cast<double>(count_ - 1);
  const double mean = sum_ / gaps;
  const double variance = std::max(0.0, sum_of_squares_ / gaps - mean * mean);
  const auto at = [&](double share) { return static_cast<std::uint64_t>(gaps_.quantile(share)); };
  info.inter_arrival = InterArrival{.mean_ns = mean,
                                    .cv = mean > 0 ? std::sqrt(variance) / mean : 0,
                                    .ns = {.p50 = at(0.50), .p90 = at(0.90), .p99 = at(0.99)}};
}

}  // namespace cachebench::bench

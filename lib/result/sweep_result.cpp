// SPDX-License-Identifier: Apache-2.0
#include "result/sweep_result.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/check.h"
#include "result/sweep_analysis.h"

namespace cachebench::result {
namespace {

std::string csv_ratio(std::optional<double> value) {
  return value ? fmt::format("{:.6f}", *value) : "";
}

std::optional<double> miss_ratio(const Totals& totals) {
  return ratio_of(totals.misses, totals.accesses);
}

bool better(const SweepPoint* a, const SweepPoint* b) {
  return b == nullptr || a->totals.misses < b->totals.misses;
}

SweepBest best_at(const SweepResult& sweep, std::uint64_t capacity) {
  const SweepPoint* first = nullptr;
  const SweepPoint* second = nullptr;
  for (const SweepPoint& point : sweep.points) {
    if (point.capacity != capacity || !takes_part(point)) continue;
    if (better(&point, first)) {
      second = first;
      first = &point;
    } else if (better(&point, second)) {
      second = &point;
    }
  }
  SweepBest best{.capacity = capacity, .policy = "", .miss_ratio = {}, .runner_up = "", .margin = {}};
  if (first == nullptr) return best;
  best.policy = first->policy;
  best.miss_ratio = miss_ratio(first->totals);
  if (second == nullptr) return best;
  best.runner_up = second->policy;
  if (best.miss_ratio) best.margin = miss_ratio(second->totals).value_or(*best.miss_ratio) - *best.miss_ratio;
  return best;
}

}  // namespace

const char* name_of(SweepMetric metric) {
  switch (metric) {
    case SweepMetric::kMissRatio:
      return "miss_ratio";
    case SweepMetric::kSavedTime:
      return "saved_ns";
  }
  CACHEBENCH_CHECK(false, "metric {}", static_cast<int>(metric));
}

std::vector<SweepBest> best_by_capacity(const SweepResult& sweep) {
  std::vector<std::uint64_t> capacities;
  for (const SweepPoint& point : sweep.points) {
    if (std::find(capacities.begin(), capacities.end(), point.capacity) == capacities.end()) {
      capacities.push_back(point.capacity);
    }
  }
  std::vector<SweepBest> list;
  for (const std::uint64_t capacity : capacities) list.push_back(best_at(sweep, capacity));
  return list;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string sweep_csv_header() {
  return "trace,policy,capacity,accesses,misses,miss_ratio,bytes_requested,bytes_missed,byte_miss_ratio,"
         "evictions,peak_entries,seconds,status,miss_ratio_error,saved_ns,l1_bytes,seed,slice,name\n";
}

std::string sweep_csv_row(const std::string& trace, const SweepPoint& point) {
  const Totals& totals = point.totals;
  const auto slice = point.axes.find(kSliceAxis);
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{:.6f},{},{},{},{},{},{},{}\n", csv_field(trace),
                     csv_field(point.policy), point.capacity, totals.accesses, totals.misses,
                     csv_ratio(miss_ratio(totals)), totals.bytes_requested, totals.bytes_missed,
                     csv_ratio(ratio_of(totals.bytes_missed, totals.bytes_requested)), totals.evictions,
                     point.peak_entries, point.seconds, name_of(point.status),
                     csv_ratio(point.miss_ratio_error), totals.saved_ns, point.l1_bytes, point.seed,
                     slice == point.axes.end() ? "" : slice->second, csv_field(point.name));
}

std::string to_csv(const SweepResult& sweep) {
  std::string text = sweep_csv_header();
  for (const SweepPoint& point : sweep.points) {
    const auto own = point.axes.find("trace.path");
    text += sweep_csv_row(own == point.axes.end() ? sweep.trace.name : own->second, point);
  }
  return text;
}

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "bench/trace/stack_distance.h"
#include "bench/trace/trace_info.h"
#include "core/histogram.h"

/// The running sums behind trace_info that need accesses or arrivals alone. One thread; no errors.
namespace cachebench::bench {

/// Accesses by dense id.
class AccessSummary {
 public:
  AccessSummary();
  void add(EntryId id, std::uint64_t bytes);
  /// Writes accesses, distinct, reused, bytes, distances and working sets.
  void put_into(TraceInfo& info) const;

 private:
  struct Window {
    WorkingSet totals;
    std::uint64_t windows = 0;
    std::uint64_t in_window = 0;  ///< accesses so far
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::vector<std::uint32_t> seen;  ///< by id: number of the window it was last seen in, from 1
  };
  static void add_to_window(Window& window, std::size_t index, std::uint64_t bytes);

  StackDistance distance_;
  std::vector<std::uint64_t> distances_;  ///< how many accesses had each
  std::vector<bool> reused_;
  std::array<Window, 3> windows_;
  std::uint64_t accesses_ = 0;
  std::uint64_t distinct_ = 0;
  std::uint64_t reused_count_ = 0;
  std::uint64_t bytes_requested_ = 0;
  std::uint64_t bytes_distinct_ = 0;
};

/// Arrivals in order.
class ArrivalSummary {
 public:
  void add(Nanoseconds arrival);
  void put_into(TraceInfo& info) const;

 private:
  std::uint64_t count_ = 0;
  Nanoseconds first_{0};
  Nanoseconds last_{0};
  Histogram gaps_;
  double sum_ = 0;
  double sum_of_squares_ = 0;
};

}  // namespace cachebench::bench

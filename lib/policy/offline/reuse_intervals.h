// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "policy/bound.h"

/// A trace of plain accesses as its reuse intervals: from one access to an object to the next. Keeping the
/// object over an interval saves the cost of its second access and takes its bytes at every step between.
/// Values; thread-compatible; nothing throws.
namespace cachebench::policy {

struct ReuseInterval {
  std::uint32_t from;  ///< number of the first access
  std::uint32_t to;    ///< of the second
  double density;      ///< cost saved per byte and step
};

class ReuseIntervals {
 public:
  /// All intervals whose object fits into the capacity. REQUIRES: `next_uses` are there.
  ReuseIntervals(const OneTierInput& input, AccessCosts costs);

  /// In the order of their first access, until the caller orders them anew.
  [[nodiscard]] std::vector<ReuseInterval>& items() { return items_; }
  [[nodiscard]] std::uint64_t bytes(const ReuseInterval& interval) const { return size_at(interval.from); }
  [[nodiscard]] double cost(const ReuseInterval& interval) const {
    return costs_.empty() ? 1.0 : costs_[interval.to];
  }
  /// Bytes times steps.
  [[nodiscard]] double area(const ReuseInterval& interval) const {
    return static_cast<double>(bytes(interval)) * static_cast<double>(interval.to - interval.from);
  }
  /// Of the access it ends with: what a hit does not miss.
  [[nodiscard]] std::uint64_t bytes_hit(const ReuseInterval& interval) const { return size_at(interval.to); }
  /// One after each access but the last, after which nothing needs to be kept.
  [[nodiscard]] std::size_t steps() const {
    return input_.columns.accesses() == 0 ? 0 : input_.columns.accesses() - 1;
  }

 private:
  [[nodiscard]] std::uint64_t size_at(std::size_t access) const;

  const OneTierInput& input_;
  AccessCosts costs_;
  std::vector<ReuseInterval> items_;
};

/// The denser first; of equal ones the one that begins earlier.
struct Denser {
  bool operator()(const ReuseInterval& a, const ReuseInterval& b) const {
    return a.density != b.density ? a.density > b.density : a.from < b.from;
  }
};

}  // namespace cachebench::policy

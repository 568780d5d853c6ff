// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.h"
#include "core/prefetch.h"
#include "policy/access_info.h"

/// What cost-aware policies that keep a heap share: a rank under which, among equals, what one request left
/// behind leaves tail first; and how often entries were used, across stays in the tier. Values and one array
/// by id, 16 bytes each; one thread; no errors.
namespace cachebench::policy {

/// Smallest goes first: least value, then the oldest run, then the deepest entry, then the oldest touch.
struct TailRank {
  double value = 0;
  std::uint64_t run = 0;    ///< number of the first touch of the run it belongs to
  std::uint64_t order = 0;  ///< within the run
  bool operator==(const TailRank&) const = default;
  bool operator<(const TailRank& other) const {
    if (value != other.value) return value < other.value;
    if (run != other.run) return run < other.run;
    return order < other.order;
  }
};

/// Touches one after the other that belong to one request. Where there are no requests, each is a run.
class RunClock {
 public:
  /// Notes a touch; true when it begins a run.
  bool touch(const AccessInfo& access) {
    ++touches_;
    const bool is_new = access.request == RequestInfo{} || access.request != current_ || run_ == 0;
    if (is_new) run_ = touches_;
    current_ = access.request;
    return is_new;
  }
  /// Rank of what was touched last. REQUIRES: depth and touches below 2^32 for exact order.
  [[nodiscard]] TailRank rank(double value, std::uint32_t depth) const {
    return {value, run_, std::uint64_t{UINT32_MAX - depth} << 32 | (touches_ & UINT32_MAX)};
  }
  [[nodiscard]] std::uint64_t touches() const { return touches_; }

 private:
  RequestInfo current_{};
  std::uint64_t run_ = 0;
  std::uint64_t touches_ = 0;
};

/// How often and at what distance an entry was used: as told, else as seen.
class UseHistory {
 public:
  struct Past {
    std::uint64_t last_use = 0;
    std::uint32_t uses = 0;
    std::uint32_t gap = 0;  ///< between the last two, saturating; 0 after the first
  };

  void reserve(std::size_t count) { pasts_.resize(count > pasts_.size() ? count : pasts_.size()); }
  /// Notes what an access or a move says; the same use told again changes nothing.
  const Past& note(EntryId id, const AccessInfo& access) {
    if (index_of(id) >= pasts_.size()) [[unlikely]] {
      pasts_.resize(index_of(id) + 1 > 2 * pasts_.size() ? index_of(id) + 1 : 2 * pasts_.size());
    }
    Past& past = pasts_[index_of(id)];
    if (access.uses != 0) {
      past = {.last_use = access.last_use, .uses = access.uses, .gap = clamp(access.last_gap)};
    } else {
      const std::uint64_t gap = past.uses == 0 ? 0 : access.sequence - past.last_use;
      past = {.last_use = access.sequence, .uses = past.uses + 1, .gap = clamp(gap)};
    }
    return past;
  }
  /// REQUIRES: noted before.
  [[nodiscard]] const Past& operator[](EntryId id) const { return pasts_[index_of(id)]; }
  void prefetch(EntryId id) const {
    if (index_of(id) < pasts_.size()) prefetch_line(&pasts_[index_of(id)]);
  }

 private:
  static std::uint32_t clamp(std::uint64_t gap) {
    return gap < UINT32_MAX ? static_cast<std::uint32_t>(gap) : UINT32_MAX;
  }
  std::vector<Past> pasts_;  // by id
};

/// Modelled nanoseconds per byte, scaled so that sums stay exact for longer.
[[nodiscard]] inline double per_byte(Nanoseconds time, Bytes bytes) {
  const auto count = static_cast<double>(time.count() > 0 ? time.count() : 1);
  return 1e6 * count / static_cast<double>(bytes.value > 0 ? bytes.value : 1);
}

}  // namespace cachebench::policy

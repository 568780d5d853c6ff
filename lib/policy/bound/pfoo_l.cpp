// SPDX-License-Identifier: Apache-2.0
// PFOO-L: each reuse interval is kept or not, and the ones kept may use, all together, no more bytes times
// steps than the tier has: whatever a policy does fits into that. Best are the densest intervals, the last
// one in part. So no policy saves more, nor misses less where every miss costs 1.
#include <algorithm>
#include <cmath>

#include "policy/bound.h"
#include "policy/offline/reuse_intervals.h"

namespace cachebench::policy {
namespace {

// Sums of doubles are off by less than this share of them.
constexpr double kRounding = 1e-9;

class SpaceTimeRelaxation {
 public:
  explicit SpaceTimeRelaxation(const OneTierInput& input, AccessCosts costs)
      : intervals_(input, costs),
        budget_(static_cast<double>(input.capacity.value) * static_cast<double>(intervals_.steps())) {}

  // Finds the place in the order of density where the budget ends by halving, without sorting it all.
  OneTierBound solve() {
    auto begin = intervals_.items().begin();
    auto end = intervals_.items().end();
    while (begin != end) {
      const auto middle = begin + (end - begin) / 2;
      std::nth_element(begin, middle, end, Denser{});
      double area = 0;
      for (auto i = begin; i != middle; ++i) area += intervals_.area(*i);
      if (used_ + area > budget_) {
        end = middle;
        continue;
      }
      used_ += area;
      for (auto i = begin; i != middle; ++i) take(*i, 1.0);
      if (!take_last(*middle)) break;
      begin = middle + 1;
    }
    bound_.saved = saved_ * (1.0 + kRounding);
    return bound_;
  }

  [[nodiscard]] double hits() const { return hits_; }
  [[nodiscard]] double bytes_hit() const { return bytes_hit_; }

 private:
  bool take_last(const ReuseInterval& interval) {
    const double area = intervals_.area(interval);
    if (used_ + area <= budget_) {
      used_ += area;
      take(interval, 1.0);
      return true;
    }
    take(interval, (budget_ - used_) / area);
    return false;
  }

  void take(const ReuseInterval& interval, double share) {
    saved_ += share * intervals_.cost(interval);
    hits_ += share;
    bytes_hit_ += share * static_cast<double>(intervals_.bytes_hit(interval));
  }

  ReuseIntervals intervals_;
  double budget_;
  double used_ = 0;
  double saved_ = 0;
  double hits_ = 0;
  double bytes_hit_ = 0;
  OneTierBound bound_;
};

std::uint64_t less(std::uint64_t whole, double part) {
  const double rounded = std::floor(part * (1.0 + kRounding));
  return rounded >= static_cast<double>(whole) ? 0 : whole - static_cast<std::uint64_t>(rounded);
}

OneTierBound evaluate(const OneTierInput& input, AccessCosts costs, const Parameters&) {
  SpaceTimeRelaxation relaxation(input, costs);
  OneTierBound bound = relaxation.solve();
  bound.counts.accesses = input.columns.accesses();
  bound.counts.misses = less(bound.counts.accesses, relaxation.hits());
  bound.counts.bytes_requested = input.columns.bytes_requested().value;
  bound.counts.bytes_missed = less(bound.counts.bytes_requested, relaxation.bytes_hit());
  return bound;
}

CACHEBENCH_REGISTER(BoundDescriptor,
                    {.name = "pfoo-l",
                     .summary = "no policy misses less: the densest reuse intervals within capacity x time",
                     .source = "Berger, Beckmann, Harchol-Balter: Practical Bounds on Optimal Caching with "
                               "Variable Object Sizes, SIGMETRICS 2018",
                     .achievable = false,
                     .parameters = {},
                     .evaluate = evaluate});

}  // namespace
}  // namespace cachebench::policy

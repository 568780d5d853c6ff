// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "result/sweep_result.h"

/// What follows from the points of a sweep: who ranks where, which settings no other beats, what to take.
/// The terminal and the reports call the same functions, so they say the same. Pure functions of the values,
/// thread-safe; nothing throws.
///
/// A *candidate* is what one may choose: the values of the axes over policies where a grid has such axes, the
/// values of all axes but the circumstances otherwise. Circumstances are seed, slice, trace, profile,
/// geometry and load. A *cell* is one setting of all the other axes. Candidates are compared on the cells
/// that all of them completed, or where there is none, each by its own; bounds, parts of the trace and the
/// early rounds of a halving take no part.
namespace cachebench::result {

/// The axes over policies and their parameters: "policy", "cache.tiers[*].eviction.policy", ….
[[nodiscard]] bool is_policy_axis(std::string_view path);
/// Seed, slice, rung, trace, profile, geometry, load: not for the user of the result to choose.
[[nodiscard]] bool is_circumstance_axis(std::string_view path);

/// Of the whole trace and the last round of a halving, complete, no bound.
[[nodiscard]] bool takes_part(const SweepPoint& point);
/// The values of `point` that make up its candidate, joined by " / ".
[[nodiscard]] std::string candidate_of(const SweepResult& sweep, const SweepPoint& point);

struct RankedCandidate {
  std::string name;
  double score = 0;                ///< mean over the cells: miss ratio, or saved nanoseconds
  std::size_t cells = 0;           ///< compared on
  std::size_t cells_won = 0;       ///< best of all there, ties included
  double worst_behind = 0;         ///< largest relative distance to the best of a cell, 0.02 for 2%
  std::optional<double> regret{};  ///< mean over cells with bounds: (bound - saved) / bound
};
/// Best first; ties in the order given.
[[nodiscard]] std::vector<RankedCandidate> rank_candidates(const SweepResult& sweep);

struct ParetoPoint {
  std::string name;       ///< the values of all axes but the circumstances
  double l1_bytes = 0;    ///< mean over the circumstances
  double score = 0;       ///< as in RankedCandidate
  bool on_front = false;  ///< nothing else has at most these bytes and at least this score
};
/// Every setting, fewest L1 bytes first.
[[nodiscard]] std::vector<ParetoPoint> pareto_front(const SweepResult& sweep);

/// Nothing when no point takes part.
[[nodiscard]] std::optional<Recommendation> recommend(const SweepResult& sweep);

/// The relative advantage of one figure over another under a metric: positive when `a` is better; 0 when
/// both are 0.
[[nodiscard]] double advantage(SweepMetric metric, double a, double b);

/// A point under a metric; 0 where nothing was accessed.
[[nodiscard]] double figure_of(SweepMetric metric, const SweepPoint& point);

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/parameters.h"
#include "core/registry.h"
#include "policy/accesses/one_tier.h"

/// Offline bounds that are no policies: they look at the whole trace at once and say what one tier could save
/// at most, or what a schedule that exists does save. Unlike the reference semantics of a replay, an object
/// that misses need not enter (bypass). Bounds that can run as a policy are EvictionDescriptors with
/// `sees_future`. Stateless functions, thread-safe; Error{kUsage} for unknown names, parameters or values.
namespace cachebench::policy {

struct OneTierBound {
  /// `misses` and `bytes_missed` are those of what was chosen for its savings: `misses` bounds misses where
  /// every hit saves 1. Nothing is known of evictions and peaks (0).
  OneTierCounts counts;
  double saved = 0;  ///< by its hits, in the unit of the costs
  bool operator==(const OneTierBound&) const = default;
};

/// What a hit saves, by number of the access that hits; empty: 1 each.
using AccessCosts = std::span<const double>;

/// REQUIRES: `next_uses` of the input are there.
struct BoundDescriptor {
  std::string name;
  std::string summary;
  std::string source;
  bool achievable = false;  ///< a schedule exists that does this well; else nothing does better
  std::vector<ParameterSpec> parameters;
  std::function<OneTierBound(const OneTierInput&, AccessCosts, const Parameters&)> evaluate;
};
using BoundRegistry = Registry<BoundDescriptor>;

[[nodiscard]] bool is_bound(std::string_view name);
/// REQUIRES: `next_uses` of the input are there.
[[nodiscard]] OneTierBound evaluate_bound(const NamedParameters& spec, const OneTierInput& input,
                                          AccessCosts costs = {});
/// Throws unless the name is that of a bound and its parameters are right.
void check_bound(const NamedParameters& spec);

}  // namespace cachebench::policy

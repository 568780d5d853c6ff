// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

/// One axis of a sweep: a path of the config (or several that change together) and the values it takes, each
/// with the `--set` assignments that it stands for. Values; thread-safe. Errors: Error{kUsage} that names the
/// path, and the nearest known one where there is none of that name.
namespace cachebench::bench {

struct AxisValue {
  std::string label;                     ///< for tables: "lru", "s3fifo:small_ratio=0.1", "10%"
  std::vector<std::string> assignments;  ///< "cache.tiers[0].capacity=\"10%\""
  bool operator==(const AxisValue&) const = default;
};

struct Axis {
  std::string name;                ///< the path as given; several are joined by "+"
  std::vector<std::string> paths;  ///< what it sets, tiers spelled out: "cache.tiers.0.eviction"
  std::vector<AxisValue> values;
};

/// What a path is looked up against.
struct AxisContext {
  std::size_t tiers = 3;    ///< of the base config: what [*] stands for
  std::string folder = {};  ///< relative values of trace.path and profile are looked up here first
};

/// Checks that the config has such a key; parameters of policies are only known once a policy is. `[*]` is
/// every tier. A policy may be a name, "name:parameter=value", or an object with its parameters.
[[nodiscard]] Axis make_axis(const std::string& path, const std::vector<nlohmann::ordered_json>& values,
                             const AxisContext& context);

/// Paths that change together: each value is a list with one value a path.
[[nodiscard]] Axis make_linked_axis(const std::vector<std::string>& paths,
                                    const std::vector<nlohmann::ordered_json>& values,
                                    const AxisContext& context);

/// Throws when two axes set the same key, or one sets a part of what the other does.
void refuse_conflicts(const std::vector<Axis>& axes);

}  // namespace cachebench::bench

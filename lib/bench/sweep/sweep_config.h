// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/config/origin.h"
#include "bench/config/run_config.h"
#include "bench/sweep/axis.h"

/// What a sweep of experiments is asked to do, read from a file such as configs/sweep/policies.json
/// (comments allowed; configs/schema/sweep.schema.json says the same for editors). Values; thread-safe.
/// Errors: Error{kUsage} in one line with file, line and key, and the nearest known name.
namespace cachebench::bench {

enum class SweepDesign : std::uint8_t {
  kGrid,               ///< every combination
  kZip,                ///< the first values of all axes, then the second, …
  kList,               ///< the points as listed
  kRandom,             ///< so many combinations, drawn without repetition
  kSuccessiveHalving,  ///< all on a short trace, the better ones on longer ones
};
[[nodiscard]] const char* name_of(SweepDesign design);

struct Halving {
  std::uint32_t rungs = 3;  ///< rounds; the last is over the whole trace
  std::uint32_t keep = 3;   ///< one in so many goes on, and the trace gets longer by as much
  bool operator==(const Halving&) const = default;
};

/// The experiment that the points change: a file, or text within the sweep's own.
struct SweepBase {
  std::string file;  ///< "" when inline
  Origin text;       ///< inline
  std::string folder;
};

struct SweepConfig {
  std::string name = "sweep";
  SweepBase base;
  SweepDesign design = SweepDesign::kGrid;
  std::vector<Axis> axes;
  std::uint64_t random_points = 0;
  std::uint64_t seed = 1;  ///< of the random design
  Halving halving;
  std::uint32_t slices = 0;                 ///< also replay so many parts of the trace, each by itself
  std::optional<std::uint64_t> limit;       ///< points to run, of the first ones
  std::vector<std::string> overrides = {};  ///< of the base, before the axes
};

/// `overrides`: "path=value" for the base, as of `--set`.
[[nodiscard]] SweepConfig load_sweep_config(const std::string& file,
                                            const std::vector<std::string>& overrides);
[[nodiscard]] SweepConfig parse_sweep_config(const Origin& file, const std::vector<std::string>& overrides);

/// The base with these assignments on top, resolved and checked.
[[nodiscard]] RunConfig resolve_point(const SweepConfig& config, const std::vector<std::string>& assignments);

}  // namespace cachebench::bench

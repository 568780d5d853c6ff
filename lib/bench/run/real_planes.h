// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "bench/config/run_config.h"
#include "hardware/profile.h"
#include "tier/plane.h"

namespace cachebench::bench {

/// The planes of a real run, one per tier of the config. Throws Error{kEnvironment} before anything runs when
/// memory or disk cannot hold them, naming what is needed, what there is and what to change; Error{kUsage}
/// for a device that this build does not have.
[[nodiscard]] std::vector<std::unique_ptr<tier::Plane>> make_planes(const RunConfig& config,
                                                                    const std::vector<Bytes>& capacities,
                                                                    const hardware::Profile& profile);

}  // namespace cachebench::bench

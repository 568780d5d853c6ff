// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/units.h"
#include "hardware/cost.h"
#include "tier/plane.h"

/// The plane of simulated runs: it keeps accounts and holds no bytes. Blocks are counted, transfers are
/// counted and complete at once, and nothing is ever refused: budgets are decided above. A read leaves the
/// target as it is, so nobody may look at it. Thread-safe and without locks.
namespace cachebench::tier {

struct NullPlaneOptions {
  hardware::Medium medium = hardware::Medium::kDevice;  ///< what it stands for
  Bytes capacity;                                       ///< for the statistics
};

[[nodiscard]] std::unique_ptr<Plane> make_null_plane(const NullPlaneOptions& options);

}  // namespace cachebench::tier

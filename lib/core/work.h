// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace cachebench {

/// What computing an artefact takes, given its inputs: counts fixed by the geometry, turned into time by a
/// hardware profile. Sources of the counts: model/geometry.h.
struct Work {
  std::uint64_t flops = 0;             ///< multiply-adds count two; runs on the device
  std::uint64_t bytes_moved = 0;       ///< at the device's memory bandwidth
  std::uint64_t tokens_tokenized = 0;  ///< on the host
  std::uint64_t source_pixels = 0;     ///< decoded and resized on the host
  std::uint64_t fixed_ns = 0;          ///< a cost given outright (`trace.miss_cost`)
  bool operator==(const Work&) const = default;
};

}  // namespace cachebench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/units.h"

/// What disturbs a measurement on this machine: time taken by the hypervisor, pressure from others, gaps in a
/// thread's run, a clock that follows the load. Reads /proc and /sys and, for `measure_noise`, spins for the
/// time it is given. A fact that the kernel does not tell is absent.
namespace cachebench::hardware {

struct Noise {
  std::optional<double> steal_share;  ///< of processor time, by the hypervisor, while measuring
  std::optional<double>
      cpu_pressure;            ///< share of the last ten seconds in which someone waited for a processor
  std::string governor;        ///< of the first processor; "" where there is none
  Nanoseconds largest_gap{0};  ///< between two readings of the clock in a loop that does nothing else
  double lost_share = 0;       ///< of the time measured, in gaps of more than 10 µs
};

/// Where to look; other roots than "/" serve tests.
struct NoiseSources {
  std::string proc = "/proc";
  std::string sys = "/sys";
};

[[nodiscard]] Noise measure_noise(Nanoseconds duration, const NoiseSources& sources = {});

}  // namespace cachebench::hardware

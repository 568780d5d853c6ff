// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hardware/topology.h"

/// Which of the shipped profiles comes closest to a machine that nobody has measured yet. A pure function of
/// a Topology; what a profile says is of another machine all the same, and calibration replaces it.
namespace cachebench::hardware {

struct NearestProfile {
  std::string name;
  std::string reason;  ///< "GP107 of compute capability 6.1: …"
};

[[nodiscard]] NearestProfile nearest_profile(const Topology& topology);

}  // namespace cachebench::hardware

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "hardware/noise.h"
#include "hardware/topology.h"

/// What is missing on a machine, what that costs, and what to do: pure functions of what was read and
/// measured.
namespace cachebench::hardware {

struct DoctorCheck {
  std::string name;
  bool ok = true;
  std::string found;
  std::string cost;    ///< "" when ok
  std::string remedy;  ///< "" when ok
};

[[nodiscard]] std::vector<DoctorCheck> doctor_checks(const Topology& topology, const Noise& noise);

[[nodiscard]] std::string doctor_text(const std::vector<DoctorCheck>& checks);
/// { checks [ { name, ok, found, cost, remedy } ] }, what is empty null.
[[nodiscard]] nlohmann::ordered_json doctor_json(const std::vector<DoctorCheck>& checks);

}  // namespace cachebench::hardware

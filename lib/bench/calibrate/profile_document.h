// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/calibrate/session.h"
#include "hardware/profile.h"

/// A calibration as a profile file: each figure with its source, those that were not measured taken from the
/// base profile and marked so, and beside them every measurement with its spread. Pure functions.
namespace cachebench::bench {

/// Every figure of a profile by its key, as read from a file.
[[nodiscard]] std::map<std::string, double> figures_of(const hardware::Profile& profile);

struct ProfileInputs {
  std::string name;
  const hardware::Profile& base;
  const Session& session;
};
[[nodiscard]] nlohmann::ordered_json profile_document(const ProfileInputs& inputs);

/// Keys of figures that come from the base profile.
[[nodiscard]] std::vector<std::string> figures_not_measured(const Session& session);

}  // namespace cachebench::bench

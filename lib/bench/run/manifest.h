// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/config/run_config.h"
#include "hardware/profile.h"

namespace cachebench::bench {

/// What is needed to reproduce a run and to judge its figures: command, config hash, trace hash, seed,
/// versions, machine, limits. Of the environment, only variables on a short list. What is unknown is null.
struct ManifestInputs {
  const RunConfig& config;
  const hardware::Profile& profile;
  std::string trace_sha256;
  std::vector<std::string> command_line;
  std::string started_at;  ///< UTC, ISO 8601
};
[[nodiscard]] nlohmann::ordered_json make_manifest(const ManifestInputs& inputs);

/// Now, as the manifest writes it.
[[nodiscard]] std::string utc_now();

}  // namespace cachebench::bench

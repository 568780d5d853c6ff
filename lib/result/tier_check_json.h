// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "result/json_reader.h"
#include "result/tier_check.h"

/// The checks of the tiers as the part `model_check_tiers` of a document, and back. Stateless, thread-safe;
/// errors as in json.h.
namespace cachebench::result {

[[nodiscard]] nlohmann::ordered_json tier_checks_to_json(const std::vector<TierCheck>& checks);
/// None where `reader` has no such part.
[[nodiscard]] std::vector<TierCheck> tier_checks_from_json(const JsonReader& reader);

}  // namespace cachebench::result

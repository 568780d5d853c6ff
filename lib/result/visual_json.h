// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "result/json_reader.h"
#include "result/visual.h"

/// The visual registry as the part `visual` of a document, and back. Stateless, thread-safe; errors as in
/// json.h.
namespace cachebench::result {

[[nodiscard]] nlohmann::ordered_json visual_to_json(const Visual& visual);
[[nodiscard]] Visual visual_from_json(const JsonReader& reader);
/// The identities between its counts that do not hold, one line each.
[[nodiscard]] std::vector<std::string> check_visual(const Visual& visual);

}  // namespace cachebench::result

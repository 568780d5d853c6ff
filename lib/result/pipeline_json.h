// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "result/json_reader.h"
#include "result/pipeline.h"

/// The `pipeline` section of the result document. Stateless, thread-safe; errors as in json.h.
namespace cachebench::result {

[[nodiscard]] nlohmann::ordered_json pipeline_to_json(const Pipeline& pipeline);
[[nodiscard]] Pipeline pipeline_from_json(const JsonReader& reader);
/// Identities that its counts break, one line each.
[[nodiscard]] std::vector<std::string> check_pipeline(const Pipeline& pipeline);

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bench/config/origin.h"
#include "bench/config/run_config.h"

/// From a checked document to the values of a RunConfig, sizes and durations parsed, defaults filled in. A
/// pure function, thread-safe. Throws Error{kUsage} naming key and value.
namespace cachebench::bench {

/// REQUIRES: `document` checked against the schema, its `plugin` section translated away.
[[nodiscard]] RunConfig read_values(const nlohmann::ordered_json& document, const Origin& origin);

}  // namespace cachebench::bench

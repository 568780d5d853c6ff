// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/parameters.h"
#include "core/units.h"

/// Values of a config as JSON that reads back to the same value. Pure functions, thread-safe.
namespace cachebench::bench {

/// In the largest unit that says it exactly.
[[nodiscard]] std::string exact_duration(Nanoseconds duration);
/// Bytes as a number, a share as a percentage.
[[nodiscard]] nlohmann::ordered_json size_json(const SizeSpec& size);
/// The policy's name and its parameters beside it.
[[nodiscard]] nlohmann::ordered_json variant_json(const NamedParameters& variant);

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

/// A result cut down to what a gate may hold a later one against: facts computed by rule and the setup that
/// must agree. What a clock or a machine said, paths, lists of measurements and sentences are left out, so
/// the file is small and the same wherever it was made. Still a result document. Pure, thread-safe; throws
/// Error{kInput} naming `file` for what is none.
namespace cachebench::result {

[[nodiscard]] nlohmann::ordered_json baseline_of(const nlohmann::ordered_json& document,
                                                 const std::string& file);

}  // namespace cachebench::result

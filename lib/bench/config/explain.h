// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// The schema's explanations as text for people: one key, or a whole config to start from. Pure functions,
/// thread-safe.
namespace cachebench::bench {

/// What a key means, accepts and defaults to. Throws Error{kUsage} naming the nearest known key.
[[nodiscard]] std::string explain_key(std::string_view path);

/// A config with every key at its default and its explanation as a comment; it validates as it is, and runs
/// once trace.path is filled in.
[[nodiscard]] std::string config_template();

}  // namespace cachebench::bench

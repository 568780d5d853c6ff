// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "bench/config/origin.h"

/// The flat keys of the source documents' plugins, under `plugin` in a config: each is another spelling of
/// one of the config's own keys. Pure functions on documents, thread-safe.
namespace cachebench::bench {

/// What to do about a key that is given both ways with different values.
enum class Conflict : std::uint8_t {
  kRefuse,   ///< within one file
  kReplace,  ///< an override: the later one wins
};

/// Moves every key of the `plugin` section of `source` to where it belongs in `document`. Throws
/// Error{kUsage} on a conflict, or when a key is about a tier that the config does not have. REQUIRES: both
/// checked against the schema.
void translate_plugin_keys(const nlohmann::ordered_json& source, nlohmann::ordered_json& document,
                           const Origin& origin, Conflict conflict);

}  // namespace cachebench::bench

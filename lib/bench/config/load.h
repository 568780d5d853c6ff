// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bench/config/run_config.h"

/// From a config file to a RunConfig: comments allowed, keys and types held against the JSON Schema,
/// overrides applied, the source documents' flat `plugin` keys translated. Stateless functions, thread-safe.
/// Every mistake is Error{kUsage} in one line that names the file (or the override), the key, and the nearest
/// known one.
namespace cachebench::bench {

/// What a config is made of; later ones win: defaults, the file, `overrides` in order.
struct ConfigSource {
  std::string file;                    ///< "" for the defaults alone
  std::vector<std::string> overrides;  ///< "path=value"; value is JSON, or else a string
};

/// Reads, checks, resolves. `trace.path` may still be empty; see require_trace.
[[nodiscard]] RunConfig load_config(const ConfigSource& source);

/// The same from a document in memory; `origin` stands for the file's name in messages.
[[nodiscard]] RunConfig parse_config(nlohmann::ordered_json document, const std::string& origin);

/// Sets one "path=value" in a document: `cache.tiers.0.capacity=1MiB`, `cache.tiers[0].capacity=1MiB`,
/// `tiers` by name too: `cache.tiers.L1.capacity=1MiB`. Missing objects on the way are made; so are tiers,
/// which start as the defaults where the document has none.
void apply_override(nlohmann::ordered_json& document, std::string_view assignment);

/// Throws Error{kUsage} "ORIGIN: trace.path is missing …" unless the config names a trace.
void require_trace(const RunConfig& config, const std::string& origin);

}  // namespace cachebench::bench

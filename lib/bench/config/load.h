// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bench/config/origin.h"
#include "bench/config/override.h"
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

/// The same from the text of a file; its name is for messages.
[[nodiscard]] RunConfig parse_config(const Origin& file, const std::vector<std::string>& overrides = {});

/// Throws Error{kUsage} "ORIGIN: trace.path is missing …" unless the config names a trace.
void require_trace(const RunConfig& config, const std::string& origin);

}  // namespace cachebench::bench

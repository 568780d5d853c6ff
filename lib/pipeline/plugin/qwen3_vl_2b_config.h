// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cache/multimodal/make_multimodal_cache.h"
#include "model/model_runner.h"
#include "pipeline/async/async_config.h"

/// The configuration of the plugin: the keys of the source documents, flat and under their own names, as
/// `initialize(key = value, …)` takes them there. Both systems are off until they are asked for. Values.
namespace cachebench::pipeline {

struct Qwen3VL2BConfig {
  Qwen3VL2BConfig() {
    caching.enable_intelligent_multimodal_caching = false;
    async.enable_async_multimodal_processing = false;
  }
  std::string runner = "libtorch";  ///< a registered runner
  model::RunnerOptions model;
  cache::MultimodalCacheConfig caching;  ///< nine keys
  AsyncConfig async;                     ///< seven keys
};

using PluginValue = std::variant<bool, double, std::string>;
using PluginSettings = std::vector<std::pair<std::string, PluginValue>>;

/// Sets one key. Times are in seconds, as in the source documents. Throws Error{kUsage} naming the key: it is
/// unknown, or the value is of another type or no whole number where one is needed.
void set_key(Qwen3VL2BConfig& config, std::string_view key, const PluginValue& value);
/// Sets all of them; on an error none is set.
void set_keys(Qwen3VL2BConfig& config, const PluginSettings& settings);
/// The names that there are.
[[nodiscard]] std::vector<std::string> plugin_key_names();

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plugin/qwen3_vl_2b_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>

#include "core/error.h"
#include "core/nearest.h"

namespace cachebench::pipeline {
namespace {

using Setter = std::function<void(Qwen3VL2BConfig&, const PluginValue&)>;

template <typename T>
const T& as(const PluginValue& value, const char* wanted) {
  if (const T* held = std::get_if<T>(&value)) return *held;
  throw Error(ErrorKind::kUsage, fmt::format("not {}", wanted));
}

void assign(bool& to, const PluginValue& value) {
  to = as<bool>(value, "true or false");
}
void assign(double& to, const PluginValue& value) {
  to = as<double>(value, "a number");
}
void assign(std::string& to, const PluginValue& value) {
  to = as<std::string>(value, "a text");
}
void assign(std::uint32_t& to, const PluginValue& value) {
  const double number = as<double>(value, "a number");
  if (!(number >= 0 && number <= UINT32_MAX) || number != std::floor(number))
    throw Error(ErrorKind::kUsage, fmt::format("{} is not a whole number of 0 or more", number));
  to = static_cast<std::uint32_t>(number);
}
void assign(Nanoseconds& to, const PluginValue& value) {
  const double seconds = as<double>(value, "a number of seconds");
  constexpr double kMost = 9e9;
  if (!(seconds >= 0 && seconds <= kMost))
    throw Error(ErrorKind::kUsage, fmt::format("{} is not a number of seconds", seconds));
  to = Nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
}

template <typename T>
Setter async_key(T AsyncConfig::*member) {
  return [member](Qwen3VL2BConfig& config, const PluginValue& value) { assign(config.async.*member, value); };
}
template <typename T>
Setter caching_key(T cache::MultimodalCacheConfig::*member) {
  return
      [member](Qwen3VL2BConfig& config, const PluginValue& value) { assign(config.caching.*member, value); };
}

std::map<std::string, Setter, std::less<>> setters() {
  using A = AsyncConfig;
  using C = cache::MultimodalCacheConfig;
  const std::string cache = "intelligent_multimodal_cache_";
  return {
      {"enable_async_multimodal_processing", async_key(&A::enable_async_multimodal_processing)},
      {"async_max_concurrent_requests", async_key(&A::async_max_concurrent_requests)},
      {"async_buffer_size", async_key(&A::async_buffer_size)},
      {"async_batch_timeout", async_key(&A::async_batch_timeout)},
      {"enable_async_batching", async_key(&A::enable_async_batching)},
      {"text_weight", async_key(&A::text_weight)},
      {"image_weight", async_key(&A::image_weight)},
      {"enable_intelligent_multimodal_caching", caching_key(&C::enable_intelligent_multimodal_caching)},
      {cache + "size_gb", caching_key(&C::intelligent_multimodal_cache_size_gb)},
      {cache + "eviction_policy", caching_key(&C::intelligent_multimodal_cache_eviction_policy)},
      {cache + "enable_similarity", caching_key(&C::intelligent_multimodal_cache_enable_similarity)},
      {cache + "similarity_threshold", caching_key(&C::intelligent_multimodal_cache_similarity_threshold)},
      {cache + "enable_ttl", caching_key(&C::intelligent_multimodal_cache_enable_ttl)},
      {cache + "default_ttl", caching_key(&C::intelligent_multimodal_cache_default_ttl)},
      {cache + "enable_compression", caching_key(&C::intelligent_multimodal_cache_enable_compression)},
      {cache + "compression_ratio", caching_key(&C::intelligent_multimodal_cache_compression_ratio)},
  };
}

}  // namespace

std::vector<std::string> plugin_key_names() {
  std::vector<std::string> names;
  for (const auto& [name, setter] : setters()) names.push_back(name);
  return names;
}

void set_key(Qwen3VL2BConfig& config, std::string_view key, const PluginValue& value) {
  const auto known = setters();
  const auto found = known.find(key);
  if (found == known.end()) {
    const std::vector<std::string> names = plugin_key_names();
    throw Error(ErrorKind::kUsage, unknown_name("plugin key", key, names));
  }
  try {
    found->second(config, value);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", key, error.what()));
  }
}

void set_keys(Qwen3VL2BConfig& config, const PluginSettings& settings) {
  Qwen3VL2BConfig changed = config;
  for (const auto& [key, value] : settings) set_key(changed, key, value);
  config = std::move(changed);
}

}  // namespace cachebench::pipeline

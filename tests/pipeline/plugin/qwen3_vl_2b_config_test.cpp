// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plugin/qwen3_vl_2b_config.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

std::string refusal(const std::string& key, const PluginValue& value) {
  Qwen3VL2BConfig config;
  try {
    set_key(config, key, value);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "taken";
}

}  // namespace

TEST_CASE("both systems are off until they are asked for") {
  const Qwen3VL2BConfig config;
  CHECK_FALSE(config.caching.enable_intelligent_multimodal_caching);
  CHECK_FALSE(config.async.enable_async_multimodal_processing);
}

TEST_CASE("the sixteen keys of the source documents are taken under their names") {
  CHECK(plugin_key_names().size() == 16);
  Qwen3VL2BConfig config;
  set_keys(config, {{"enable_async_multimodal_processing", true},
                    {"async_max_concurrent_requests", 5.0},
                    {"async_buffer_size", 6.0},
                    {"async_batch_timeout", 0.25},
                    {"enable_async_batching", false},
                    {"text_weight", 0.5},
                    {"image_weight", 3.0},
                    {"enable_intelligent_multimodal_caching", true},
                    {"intelligent_multimodal_cache_size_gb", 2.0},
                    {"intelligent_multimodal_cache_eviction_policy", std::string("lfu")},
                    {"intelligent_multimodal_cache_enable_similarity", true},
                    {"intelligent_multimodal_cache_similarity_threshold", 0.8},
                    {"intelligent_multimodal_cache_enable_ttl", true},
                    {"intelligent_multimodal_cache_default_ttl", 60.0},
                    {"intelligent_multimodal_cache_enable_compression", true},
                    {"intelligent_multimodal_cache_compression_ratio", 0.3}});
  CHECK(config.async.enable_async_multimodal_processing);
  CHECK(config.async.async_max_concurrent_requests == 5);
  CHECK(config.async.async_buffer_size == 6);
  CHECK(config.async.async_batch_timeout == std::chrono::milliseconds(250));
  CHECK_FALSE(config.async.enable_async_batching);
  CHECK(config.async.text_weight == 0.5);
  CHECK(config.async.image_weight == 3);
  CHECK(config.caching.enable_intelligent_multimodal_caching);
  CHECK(config.caching.intelligent_multimodal_cache_size_gb == 2);
  CHECK(config.caching.intelligent_multimodal_cache_eviction_policy == "lfu");
  CHECK(config.caching.intelligent_multimodal_cache_enable_similarity);
  CHECK(config.caching.intelligent_multimodal_cache_similarity_threshold == 0.8);
  CHECK(config.caching.intelligent_multimodal_cache_enable_ttl);
  CHECK(config.caching.intelligent_multimodal_cache_default_ttl == 60);
  CHECK(config.caching.intelligent_multimodal_cache_enable_compression);
  CHECK(config.caching.intelligent_multimodal_cache_compression_ratio == 0.3);
}

TEST_CASE("unknown keys and values of another type are refused, and then nothing is set") {
  CHECK(refusal("async_bufer_size", 3.0).find("async_buffer_size") != std::string::npos);
  CHECK(refusal("async_buffer_size", true) == "async_buffer_size: not a number");
  CHECK(refusal("async_buffer_size", 2.5) == "async_buffer_size: 2.5 is not a whole number of 0 or more");
  CHECK(refusal("async_buffer_size", -1.0).starts_with("async_buffer_size: -1"));
  CHECK(refusal("async_buffer_size", 1e12).starts_with("async_buffer_size:"));
  CHECK(refusal("async_batch_timeout", -1.0).starts_with("async_batch_timeout:"));
  CHECK(refusal("text_weight", std::string("much")) == "text_weight: not a number");
  CHECK(refusal("enable_async_batching", 1.0) == "enable_async_batching: not true or false");
  Qwen3VL2BConfig config;
  CHECK_THROWS_AS(set_keys(config, {{"async_buffer_size", 3.0}, {"nothing", true}}), Error);
  CHECK(config.async.async_buffer_size == AsyncConfig{}.async_buffer_size);
}

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/async/async_config.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::pipeline;

TEST_CASE("back-pressure by name") {
  CHECK(back_pressure_named("block") == BackPressure::kBlock);
  CHECK(back_pressure_named("reject") == BackPressure::kReject);
  CHECK(back_pressure_named("shed") == BackPressure::kShed);
  CHECK_THROWS_WITH_AS((void)back_pressure_named("blck"), doctest::Contains("block"), Error);
}

TEST_CASE("batches follow the config, and are of one without batching") {
  AsyncConfig config{.text_weight = 3, .image_weight = 4, .max_batch_size = 5, .max_batch_complexity = 6};
  config.max_batch_memory = Bytes{7};
  const BatchingOptions options = config.batching();
  CHECK(options.limits.max_requests == 5);
  CHECK(options.limits.max_complexity == 6);
  CHECK(options.limits.max_memory == Bytes{7});
  CHECK(options.limits.weights.text_weight == 3);
  CHECK(options.limits.weights.image_weight == 4);
  config.enable_async_batching = false;
  CHECK(config.batching().limits.max_requests == 1);
}

TEST_CASE("values that make no sense are refused with their key") {
  check(AsyncConfig{});
  const auto refusal = [](const std::function<void(AsyncConfig&)>& change) {
    AsyncConfig config;
    change(config);
    try {
      check(config);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kUsage);
      return std::string(error.what());
    }
    return std::string("taken");
  };
  CHECK(refusal([](auto& c) {
          c.async_max_concurrent_requests = 0;
        }).starts_with("async_max_concurrent_requests:"));
  CHECK(refusal([](auto& c) { c.async_buffer_size = 0; }).starts_with("async_buffer_size:"));
  CHECK(
      refusal([](auto& c) { c.async_batch_timeout = Nanoseconds{-1}; }).starts_with("async_batch_timeout:"));
  CHECK(refusal([](auto& c) {
          c.async_batch_timeout = Nanoseconds::max();
        }).starts_with("async_batch_timeout:"));
  CHECK(refusal([](auto& c) { c.text_weight = -0.5; }).starts_with("text_weight:"));
  CHECK(refusal([](auto& c) {
          c.image_weight = std::numeric_limits<double>::infinity();
        }).starts_with("image_weight:"));
  CHECK(refusal([](auto& c) { c.max_batch_size = 0; }).starts_with("max_batch_size:"));
  CHECK(refusal([](auto& c) { c.max_batch_complexity = -1; }).starts_with("max_batch_complexity:"));
  CHECK(refusal([](auto& c) { c.max_wait = Nanoseconds{0}; }).starts_with("max_wait:"));
  CHECK(refusal([](auto& c) { c.workers = 5000; }).starts_with("workers:"));
  CHECK(refusal([](auto& c) { c.workers = 0; }) == "taken");
}

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/async/async_config.h"

#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/nearest.h"

namespace cachebench::pipeline {
namespace {

void require(bool sensible, const std::string& line) {
  if (!sensible) throw Error(ErrorKind::kUsage, line);
}

}  // namespace

BackPressure back_pressure_named(const std::string& name) {
  if (name == "block") return BackPressure::kBlock;
  if (name == "reject") return BackPressure::kReject;
  if (name == "shed") return BackPressure::kShed;
  const std::vector<std::string> known{"block", "reject", "shed"};
  throw Error(ErrorKind::kUsage, unknown_name("back-pressure", name, known));
}

BatchingOptions AsyncConfig::batching() const {
  BatchingOptions options;
  options.variable_batch_size = variable_batch_size;
  options.batcher = batcher;
  options.limits = {.max_requests = enable_async_batching ? max_batch_size : 1,
                    .max_complexity = max_batch_complexity,
                    .max_memory = max_batch_memory,
                    .weights = {.text_weight = text_weight, .image_weight = image_weight}};
  return options;
}

void check(const AsyncConfig& config) {
  constexpr std::uint32_t kMost = 1U << 20U;
  const auto count = [](std::uint32_t value) { return value >= 1 && value <= kMost; };
  const std::string range = ": 1 to 1048576";
  require(count(config.async_max_concurrent_requests), "async_max_concurrent_requests" + range);
  require(count(config.async_buffer_size), "async_buffer_size" + range);
  require(count(config.max_batch_size), "max_batch_size" + range);
  require(config.workers <= 1024, "workers: at most 1024");
  require(config.async_batch_timeout >= Nanoseconds{0} && config.async_batch_timeout <= std::chrono::hours(1),
          "async_batch_timeout: 0 to 1 hour");
  require(config.max_wait > Nanoseconds{0}, "max_wait: more than 0");
  require(std::isfinite(config.text_weight) && config.text_weight >= 0, "text_weight: 0 or more");
  require(std::isfinite(config.image_weight) && config.image_weight >= 0, "image_weight: 0 or more");
  require(std::isfinite(config.max_batch_complexity) && config.max_batch_complexity >= 0,
          "max_batch_complexity: 0 or more");
}

}  // namespace cachebench::pipeline

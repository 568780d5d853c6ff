// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/parameters.h"
#include "core/units.h"
#include "pipeline/variable_batch_processor.h"

/// What an asynchronous processor is asked to do: the keys of the source documents under their names, and
/// those beside them that they leave open. Values.
namespace cachebench::pipeline {

/// What becomes of a request that finds the buffer full.
enum class BackPressure : std::uint8_t {
  kBlock,   ///< its caller waits for room
  kReject,  ///< it is turned away
  /// Somebody is given up: the lowest priority first, in it whoever has the earliest deadline, who is the
  /// least likely to make it, then who came last. It may be the newcomer.
  kShed,
};
/// "block", "reject" or "shed". Throws Error{kUsage} for others.
[[nodiscard]] BackPressure back_pressure_named(const std::string& name);

struct AsyncConfig {
  bool enable_async_multimodal_processing = true;    ///< off: one at a time, in the caller's thread
  std::uint32_t async_max_concurrent_requests = 16;  ///< being computed at a time
  std::uint32_t async_buffer_size = 128;             ///< waiting at a time
  Nanoseconds async_batch_timeout = std::chrono::milliseconds(5);  ///< for others to share a batch
  bool enable_async_batching = true;                               ///< off: batches of one
  double text_weight = 1;                                          ///< complexity of a token of text
  double image_weight = 2;                                         ///< complexity of a visual token

  std::uint32_t max_batch_size = 8;
  double max_batch_complexity = 0;  ///< 0: no limit
  Bytes max_batch_memory{0};        ///< 0: no limit
  bool variable_batch_size = true;  ///< off: in order of arrival
  NamedParameters batcher = {.name = "size-grouped", .values = {}};
  /// Sequences join a batch that is being decoded, where the executor can.
  bool continuous_batching = true;
  BackPressure back_pressure = BackPressure::kBlock;
  /// Who has waited this long goes before every priority, so that none starves.
  Nanoseconds max_wait = std::chrono::seconds(30);
  std::uint32_t workers = 1;  ///< threads, each with a batch of its own; 0: none, the caller steps

  /// As batches are formed by it.
  [[nodiscard]] BatchingOptions batching() const;
};

/// Throws Error{kUsage} "KEY: reason".
void check(const AsyncConfig& config);

}  // namespace cachebench::pipeline

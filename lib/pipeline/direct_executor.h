// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "core/clock.h"
#include "model/model_runner.h"
#include "pipeline/batch_executor.h"
#include "pipeline/kv_offload.h"
#include "pipeline/load_image.h"

/// Executes batches on the model in the calling thread, without caches or stages of its own: the plain way
/// that others are measured against. Images of a batch are encoded in one pass, its prompts prefilled in one,
/// and every step decodes one token of all that are under way; sequences leave when they end, and with
/// execute_feeding others join between two steps. A request that fails, and a pass that throws, takes nobody
/// else along: what a pass did not do for all is tried again one by one. Thread-safe; borrows runner and
/// clock.
///
/// Where the runner has no room for more keys and values, a request fails, or with `offload`: the least
/// urgent sequence of the batch leaves the runner, its keys and values wait in the tiered cache, and it goes
/// on when another has ended; what the cache gave up meanwhile is computed again. A request for which there
/// is no room though nothing else of its batch is running fails all the same.
namespace cachebench::pipeline {

struct DirectOptions {
  ContentSource contents = {};
  KvOffload* offload = nullptr;  ///< null: nobody makes room
};

class DirectExecutor final : public BatchExecutor {
 public:
  DirectExecutor(model::ModelRunner& runner, const Clock& clock, DirectOptions options = {});
  [[nodiscard]] std::vector<AsyncMultimodalResult> execute(std::span<const BatchItem> batch) override;
  void execute_feeding(std::span<const BatchItem> batch, BatchFeed& feed) override;

 private:
  model::ModelRunner& runner_;
  const Clock& clock_;
  DirectOptions options_;
};

}  // namespace cachebench::pipeline

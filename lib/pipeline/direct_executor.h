// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "core/clock.h"
#include "model/model_runner.h"
#include "pipeline/batch_executor.h"
#include "pipeline/load_image.h"

/// Executes batches on the model in the calling thread, without caches or stages of its own: the plain way
/// that others are measured against. Images of a batch are encoded in one pass, its prompts prefilled in one,
/// and every step decodes one token of all that are under way; sequences leave when they end, and with
/// execute_feeding others join between two steps. A request that fails, and a pass that throws, takes nobody
/// else along: what a pass did not do for all is tried again one by one. Thread-safe; borrows runner and
/// clock.
namespace cachebench::pipeline {

class DirectExecutor final : public BatchExecutor {
 public:
  DirectExecutor(model::ModelRunner& runner, const Clock& clock, ContentSource contents = {});
  [[nodiscard]] std::vector<AsyncMultimodalResult> execute(std::span<const BatchItem> batch) override;
  void execute_feeding(std::span<const BatchItem> batch, BatchFeed& feed) override;

 private:
  model::ModelRunner& runner_;
  const Clock& clock_;
  ContentSource contents_;
};

}  // namespace cachebench::pipeline

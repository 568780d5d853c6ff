// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "pipeline/batch_executor.h"

/// An executor that notes its batches and does what a test says.
namespace cachebench::pipeline {

class ScriptedExecutor final : public BatchExecutor {
 public:
  [[nodiscard]] std::vector<AsyncMultimodalResult> execute(std::span<const BatchItem> batch) override {
    std::vector<std::uint64_t> ids;
    for (const BatchItem& item : batch) ids.push_back(item.request->id);
    batches.push_back(ids);
    if (during) during(batch);
    std::vector<AsyncMultimodalResult> results;
    for (const BatchItem& item : batch) {
      const bool stopped = item.request->cancellation.cancelled();
      results.push_back(
          unanswered(*item.request, stopped ? RequestStatus::kCancelled : RequestStatus::kOk, {}));
    }
    return results;
  }

  std::vector<std::vector<std::uint64_t>> batches;  ///< of one worker at a time
  std::function<void(std::span<const BatchItem>)> during;
};

}  // namespace cachebench::pipeline

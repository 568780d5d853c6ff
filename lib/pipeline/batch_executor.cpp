// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batch_executor.h"

#include <utility>

#include "core/check.h"

namespace cachebench::pipeline {

void BatchExecutor::execute_feeding(std::span<const BatchItem> batch, BatchFeed& feed) {
  std::vector<AsyncMultimodalResult> results = execute(batch);
  CACHEBENCH_CHECK(results.size() == batch.size(), "{} results for {} requests", results.size(),
                   batch.size());
  for (std::size_t i = 0; i < results.size(); ++i) feed.finish(i, std::move(results[i]));
}

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "core/sync.h"
#include "pipeline/stages/compute_run.h"

/// One batch that never ends: requests join it between two steps as soon as they are prepared and there is a
/// slot, and leave it when they end (iteration-level scheduling). Threads bring their members and wait for
/// them; one of them at a time drives the batch for all, and hands over when its own have ended. Those who
/// join are prefilled together before the next step. Whoever came first joins first.
///
/// Thread-safe; borrows the context. Never throws: what goes wrong ends requests.
namespace cachebench::pipeline {

class DecodeLoop {
 public:
  /// At most `slots` requests at a time.
  DecodeLoop(const InferenceContext& context, std::size_t slots)
      : context_(context), slots_(slots), run_(context) {}
  /// Returns when all of them have ended.
  void compute(std::span<InferenceMember* const> members) CACHEBENCH_EXCLUDES(mutex_);

 private:
  void round() CACHEBENCH_EXCLUDES(mutex_);
  void admit();
  void fail(const std::string& reason) CACHEBENCH_EXCLUDES(mutex_);
  void publish() CACHEBENCH_EXCLUDES(mutex_);

  const InferenceContext& context_;
  const std::size_t slots_;
  ComputeRun run_;  // the driver's
  std::vector<InferenceMember*>
      inside_;  // likewise: members of the run that have not been told to have ended
  Mutex mutex_;
  CondVar changed_;
  std::deque<InferenceMember*> arrived_ CACHEBENCH_GUARDED_BY(mutex_);
  bool driven_ CACHEBENCH_GUARDED_BY(mutex_) = false;
};

}  // namespace cachebench::pipeline

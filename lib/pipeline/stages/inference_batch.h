// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/clock.h"
#include "core/histogram.h"
#include "core/sync.h"
#include "model/model_runner.h"
#include "pipeline/batch_executor.h"
#include "pipeline/caching/caching_mechanism.h"
#include "pipeline/io/optimized_io.h"
#include "pipeline/load_image.h"
#include "pipeline/prompt.h"
#include "pipeline/running_request.h"
#include "pipeline/stages/efficient_pipeline.h"

/// A batch of requests on its way through the four stages: load (what the caches have of it, and the pictures
/// of what they have not), transfer (hits and inputs to where the model computes), compute (tower, prefill,
/// decoding) and post-process (what was computed is offered, results go out). A request that fails leaves the
/// batch alone. One thread at a time, as the pipeline calls it.
namespace cachebench::pipeline {

/// What the batches of a pipeline did together. Thread-safe.
class InferenceCounts {
 public:
  struct Values {
    std::uint64_t requests = 0;
    std::uint64_t images = 0;   ///< places of images in prompts
    std::uint64_t encoded = 0;  ///< images that went through the tower
    std::uint64_t encoder_passes = 0;
    std::uint64_t prompt_tokens = 0;
    std::uint64_t reused_tokens = 0;  ///< of them, by K/V blocks
    std::uint64_t decoded_tokens = 0;
    std::uint64_t real_tokens = 0;    ///< prefilled
    std::uint64_t padded_tokens = 0;  ///< and with the padding of their batches
    Histogram encode;                 ///< a pass of the tower, by image
    Histogram prefill;                ///< a pass
    Histogram decode;                 ///< a step
    [[nodiscard]] std::uint64_t encoder_calls_saved() const { return images - encoded; }
  };
  template <typename Change>
  void update(const Change& change) CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    change(values_);
  }
  [[nodiscard]] Values values() const CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return values_;
  }

 private:
  mutable Mutex mutex_;
  Values values_ CACHEBENCH_GUARDED_BY(mutex_);
};

/// What all batches of a pipeline share. Outlives them.
struct InferenceContext {
  model::ModelRunner& runner;
  CachingMechanism& caching;
  OptimizedIOMechanism& io;
  const Clock& clock;
  InferenceCounts& counts;
  ContentSource contents = {};
  PlannerOptions planner = {};
  bool transfer_stage = true;  ///< off: transfers happen in the compute stage
  std::atomic<std::uint64_t>* sequence = nullptr;
};

class InferenceBatch final : public PipelineJob {
 public:
  /// Gets the results, one an item, in order; must not throw.
  using Done = std::function<void(std::vector<AsyncMultimodalResult>)>;
  /// The requests of the items outlive the batch.
  InferenceBatch(const InferenceContext& context, std::span<const BatchItem> items, Done done);
  ~InferenceBatch() override;
  void run(std::size_t stage) override;
  void end(std::exception_ptr error) noexcept override;

 private:
  struct Member;
  void load();
  void load_member(Member& member);
  void load_pixels(Member& member, std::uint32_t number);
  void transfer();
  void compute();
  void gather_artefacts(Member& member);
  void encode();
  void prefill();
  void take_outputs(Member& member, model::PrefillOutcome& outcome);
  void decode();
  void post();
  void count_pass(std::span<const model::PrefillItem> items, Nanoseconds took);
  /// Runs `step` for each member that has not ended; what it throws ends that member.
  void each(const std::function<void(Member&)>& step);

  const InferenceContext& context_;
  std::vector<std::unique_ptr<Member>> members_;
  OptimizedIOMechanism::Upload upload_;
  Done done_;
};

}  // namespace cachebench::pipeline

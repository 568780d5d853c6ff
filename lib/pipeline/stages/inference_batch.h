// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/batch_executor.h"
#include "pipeline/stages/efficient_pipeline.h"
#include "pipeline/stages/inference_member.h"

/// A batch of requests on its way through the four stages: load (what the caches have of it, and the pictures
/// of what they have not), transfer (hits and inputs to where the model computes), compute (tower, prefill,
/// decoding) and post-process (what was computed is offered, results go out). A request that fails leaves the
/// batch alone. One thread at a time, as the pipeline calls it.
namespace cachebench::pipeline {

class InferenceBatch final : public PipelineJob {
 public:
  /// Gets the results, one an item, in order; must not throw. What makes their room is done before: a batch
  /// ends where memory is out, too.
  using Done = std::function<void(std::vector<AsyncMultimodalResult>)>;
  /// The requests of the items outlive the batch.
  InferenceBatch(const InferenceContext& context, std::span<const BatchItem> items, Done done);
  ~InferenceBatch() override;
  void run(std::size_t stage) override;
  void end(std::exception_ptr error) noexcept override;

 private:
  void load();
  void load_member(InferenceMember& member);
  void transfer();
  void compute();
  void post();
  void end_member(InferenceMember& member, const std::exception_ptr& error);
  /// Runs `step` for each member that has not ended; what it throws ends that member.
  void each(const std::function<void(InferenceMember&)>& step);

  const InferenceContext& context_;
  std::vector<std::unique_ptr<InferenceMember>> members_;
  OptimizedIOMechanism::Upload upload_;
  std::vector<AsyncMultimodalResult> results_;  // one a member, as if nobody had answered
  Done done_;
};

}  // namespace cachebench::pipeline

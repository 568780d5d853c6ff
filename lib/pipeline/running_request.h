// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "model/model_runner.h"
#include "pipeline/batch_executor.h"
#include "pipeline/sampler.h"

/// One request while it is being answered: its sequence, the tokens so far, and the rules by which it ends.
/// What any executor that decodes does after prefill. Thread-compatible; the request outlives it.
namespace cachebench::pipeline {

class RunningRequest {
 public:
  RunningRequest(std::size_t index, const BatchItem& item, const Clock& clock);

  [[nodiscard]] std::size_t index() const { return index_; }  ///< in its batch
  [[nodiscard]] const AsyncMultimodalRequest& request() const { return *item_.request; }
  [[nodiscard]] AsyncMultimodalResult& result() { return result_; }
  [[nodiscard]] model::Sequence* sequence() const { return sequence_.get(); }
  void set_sequence(std::unique_ptr<model::Sequence> sequence) { sequence_ = std::move(sequence); }
  /// The token to be decoded next. REQUIRES: one has been accepted.
  [[nodiscard]] std::int64_t last_token() const { return result_.tokens.back(); }

  [[nodiscard]] bool ended() const { return ended_; }
  /// Ends it where its caller no longer waits: cancelled, or past its deadline. True when it has ended.
  bool end_if_unwanted();
  /// Takes the next token from logits, streams it, and ends the request where that was the last one.
  /// `end_token` -1: none.
  void accept(std::vector<float> logits, std::int64_t end_token);
  void fail(const std::string& error);
  void end(RequestStatus status, std::string error);
  /// What is handed out. REQUIRES: ended.
  [[nodiscard]] AsyncMultimodalResult finish();

 private:
  std::size_t index_;
  BatchItem item_;
  const Clock* clock_;
  Sampler sampler_;
  std::unique_ptr<model::Sequence> sequence_;
  AsyncMultimodalResult result_;
  bool ended_ = false;
};

/// "cancelled" or "deadline passed" for a request nobody waits for any more; nothing otherwise.
[[nodiscard]] std::optional<RequestStatus> unwanted(const AsyncMultimodalRequest& request, Nanoseconds now);
/// The line that goes with it.
[[nodiscard]] std::string reason_of(RequestStatus status);

}  // namespace cachebench::pipeline

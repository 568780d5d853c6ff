// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/rng.h"
#include "pipeline/request.h"

/// Picks the tokens of one answer from logits. The same options, seed and logits give the same tokens on
/// every machine. Thread-compatible: one a request.
namespace cachebench::pipeline {

class Sampler {
 public:
  /// REQUIRES: options that `measure` accepts.
  explicit Sampler(const SamplingOptions& options) : options_(options), rng_(options.seed) {}
  /// Ties go to the smaller id. Throws Error{kInternal} for no logits, or ones that are not numbers.
  [[nodiscard]] std::int64_t pick(std::span<const float> logits);

 private:
  [[nodiscard]] std::int64_t draw(std::span<const float> logits);

  SamplingOptions options_;
  Rng rng_;
  std::vector<std::pair<double, std::int64_t>> ranked_;  // reused from token to token
};

}  // namespace cachebench::pipeline

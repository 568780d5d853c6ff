// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/parameters.h"
#include "pipeline/batcher.h"

/// Forms batches of requests of varying size, and keeps account of the padding that they cost. What waits is
/// the caller's list, most urgent first; how much of it may be looked at is the batcher's `window`, which
/// bounds how far a request is overtaken: the first of the list is always taken, so one that has n before it
/// waits for n batches at most. Thread-compatible.
namespace cachebench::pipeline {

/// Tokens that were computed for nothing.
struct PaddingAccount {
  std::uint64_t batches = 0;
  std::uint64_t requests = 0;
  std::uint64_t real_tokens = 0;
  std::uint64_t padded_tokens = 0;  ///< real ones and padding
  [[nodiscard]] std::uint64_t wasted_tokens() const { return padded_tokens - real_tokens; }
  /// Wasted among all; 0 of none.
  [[nodiscard]] double waste_share() const;
  void add(const BatchFacts& facts);
};

struct BatchingOptions {
  bool variable_batch_size = true;  ///< off: in order of arrival, whatever `batcher` says
  NamedParameters batcher = {.name = "size-grouped", .values = {}};
  BatchLimits limits = {};
};

class VariableBatchProcessor {
 public:
  /// Throws Error{kUsage} for a batcher that is none and for limits of nothing.
  explicit VariableBatchProcessor(const BatchingOptions& options);

  /// The next batch: numbers in `waiting`, ascending, from 0. REQUIRES: somebody waits.
  [[nodiscard]] std::vector<std::size_t> next_batch(std::span<const BatchCandidate> waiting);
  /// The same under tighter limits, for a batch that some are in already.
  [[nodiscard]] std::vector<std::size_t> next_batch(std::span<const BatchCandidate> waiting,
                                                    const BatchLimits& limits);
  /// All of a list that is complete from the start, in batches, in the order in which they would run.
  [[nodiscard]] std::vector<std::vector<std::size_t>> process(std::span<const BatchCandidate> all);
  /// Whether nothing is gained by waiting for more: the batch is full, or as many wait as would fill one.
  [[nodiscard]] bool is_full(std::span<const BatchCandidate> waiting,
                             std::span<const std::size_t> batch) const;
  /// Counts a batch and lets the batcher learn from it; `elapsed` 0: not known, nothing is learnt.
  void account(std::span<const BatchCandidate> members, Nanoseconds elapsed);

  [[nodiscard]] const PaddingAccount& padding() const { return padding_; }
  [[nodiscard]] const BatchLimits& limits() const { return limits_; }

 private:
  BatchLimits limits_;
  std::unique_ptr<Batcher> batcher_;
  PaddingAccount padding_;
};

/// Its facts but for the time.
[[nodiscard]] BatchFacts facts_of(std::span<const BatchCandidate> members, const ComplexityWeights& weights);

}  // namespace cachebench::pipeline

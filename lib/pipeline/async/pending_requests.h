// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/units.h"
#include "pipeline/batcher.h"
#include "pipeline/request.h"

/// The bounded buffer of an asynchronous processor: requests that wait, in the order in which they go. Those
/// that have waited longer than `max_wait` go first, oldest first; then by priority, then by arrival.
/// Thread-compatible.
namespace cachebench::pipeline {

/// A request that was taken and has not ended. Owned by the buffer, then by its batch.
struct PendingRequest {
  AsyncMultimodalRequest request;
  CancellationToken callers_token;  ///< the request's own is a child of it, which a stop cancels
  BatchCandidate candidate;
  Nanoseconds submitted{0};
  std::uint64_t arrival = 0;  ///< grows from request to request
  std::promise<AsyncMultimodalResult> promise;
};
using PendingPtr = std::unique_ptr<PendingRequest>;

class PendingRequests {
 public:
  PendingRequests(std::size_t capacity, Nanoseconds max_wait) : capacity_(capacity), max_wait_(max_wait) {}

  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] bool full() const { return waiting_.size() >= capacity_; }

  /// REQUIRES: not full.
  void push(PendingPtr request);
  /// Whoever is worth least among those waiting and `newcomer`, which takes its place in the buffer.
  /// REQUIRES: full.
  [[nodiscard]] PendingPtr shed_for(PendingPtr newcomer);
  /// Those that nobody waits for any more: cancelled, or past their deadline.
  [[nodiscard]] std::vector<PendingPtr> take_unwanted(Nanoseconds now);

  /// What there is to choose from, in the order in which they go at `now`. Valid until something changes.
  [[nodiscard]] std::span<const BatchCandidate> candidates(Nanoseconds now);
  /// Takes some by their numbers in the last `candidates`, ascending.
  [[nodiscard]] std::vector<PendingPtr> take(std::span<const std::size_t> chosen);

  [[nodiscard]] std::optional<Nanoseconds> oldest_submission() const;
  [[nodiscard]] std::optional<Nanoseconds> earliest_deadline() const;

 private:
  const std::size_t capacity_;
  const Nanoseconds max_wait_;
  std::vector<PendingPtr> waiting_;  // by priority, then arrival
  std::vector<std::size_t> order_;   // of the last `candidates`: numbers in waiting_
  std::vector<BatchCandidate> candidates_;
};

}  // namespace cachebench::pipeline

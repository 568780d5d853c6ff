// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bench/run/multimodal_run.h"
#include "cache/hierarchical_cache_manager.h"
#include "core/clock.h"
#include "core/thread_time.h"
#include "hardware/cost.h"
#include "model/artefact.h"
#include "model/lookup_walk.h"

/// What one request does to the cache, in the order that both modes share: every artefact is looked up or
/// accounted for, what misses is computed and offered, what another request is computing is waited for. Hits
/// stay pinned until the request is over. The drivers add what differs: virtual or real time, and bytes.
namespace cachebench::bench {

struct Reference {
  std::size_t artefact = 0;      ///< index in the plan
  cache::LookupResult result;    ///< holds the pin of a hit and the flight of a miss or wait
  Nanoseconds asked_at{0};       ///< real runs: before the look-up, on the monotonic clock
  Nanoseconds answered_at{0};    ///< and after it
  Nanoseconds off_processor{0};  ///< of the time between, how long others had this thread's processor
  std::uint64_t before = 0;      ///< look-ups of its request that came before
};

class RequestRun {
 public:
  /// `clock` times the look-ups; null in a simulation. `future`: see next_references, or empty; outlives
  /// this, as `multimodal` does, the cache in front of the manager, or null.
  RequestRun(cache::HierarchicalCacheManager& manager, const hardware::CostModel& costs, const Clock* clock,
             std::span<const std::uint32_t> future = {}, MultimodalRun* multimodal = nullptr)
      : manager_(manager), costs_(costs), clock_(clock), future_(future), multimodal_(multimodal) {}

  /// Look-ups of a whole plan. REQUIRES: not an independent plan, whose accesses go one by one.
  void look_up(const model::Plan& plan);
  /// One access of an independent plan.
  void look_up_one(const model::Plan& plan, std::size_t artefact);
  /// Offers what was computed, for `owned` if any; `content` is null in a simulation.
  cache::PutResult put(const model::Artefact& artefact, const TensorView* content,
                       const cache::FlightPtr& owned);
  /// Releases pins and forgets the request.
  void finish();

  [[nodiscard]] std::vector<Reference>& hits() { return hits_; }
  /// To compute, then to offer with the flight of the result (none for blocks behind a gap).
  [[nodiscard]] std::vector<Reference>& misses() { return misses_; }
  [[nodiscard]] std::vector<Reference>& joins() { return joins_; }

  [[nodiscard]] cache::EntryDescription describe(const model::Artefact& artefact) const;
  [[nodiscard]] static policy::RequestInfo request_of(const model::Plan& plan) {
    return {.sequence = plan.sequence, .session = plan.session, .turn = plan.turn};
  }
  [[nodiscard]] cache::AccessContext context_of(const model::Plan& plan, std::size_t artefact) const;

 private:
  bool probe(const model::Plan& plan, std::size_t index);
  void note_waits(Reference& reference);

  cache::HierarchicalCacheManager& manager_;
  const hardware::CostModel& costs_;
  const Clock* clock_;
  std::span<const std::uint32_t> future_;
  MultimodalRun* multimodal_;
  OffProcessor off_processor_;
  std::uint64_t looked_up_ = 0;  ///< of the request
  std::vector<Reference> hits_;
  std::vector<Reference> misses_;
  std::vector<Reference> joins_;
};

}  // namespace cachebench::bench

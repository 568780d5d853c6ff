// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cache/hierarchical_cache_manager.h"
#include "cache/movers.h"
#include "core/clock.h"
#include "core/histogram.h"
#include "core/shared_tensor.h"
#include "core/sync.h"
#include "hardware/cost.h"
#include "model/lookup_walk.h"
#include "pipeline/caching/artefact_plan.h"

/// The tiered cache between the stages of the pipeline: what it has of a request is taken out as tensors that
/// stay pinned while anybody holds them, what it has not is computed by the stages and offered. Nothing here
/// ever waits for another request's computation: what is still being computed elsewhere when it is needed is
/// computed here as well, and counted (`computed_twice`), so no order of batches can lock up.
///
/// Borrows manager and costs. Thread-safe; a CachedRequest belongs to one thread at a time.
namespace cachebench::pipeline {

/// A cache in front of the manager, which asks it in turn: like content may serve, and others keep books of
/// what was asked. Thread-safe.
class CacheFront {
 public:
  virtual ~CacheFront() = default;
  [[nodiscard]] virtual cache::LookupResult lookup(const model::Artefact& artefact,
                                                   const cache::EntryDescription& what,
                                                   const cache::AccessContext& context) = 0;
  virtual void put(const model::Artefact& artefact, const cache::EntryDescription& what,
                   const TensorView& content, const cache::FlightPtr& owned) = 0;
};

struct CachingOptions {
  CachedKinds kinds = served_kinds();
  bool tensor_caching = true;   ///< buffers for what has to be copied out are used again
  CacheFront* front = nullptr;  ///< outlives this; null: the manager is asked itself
  /// Outlives this. Hits that the first tier has no room for are brought to the device by it; null: they are
  /// used where they lie.
  cache::Movers* movers = nullptr;
};

/// What became of one artefact of a plan.
struct CachedArtefact {
  model::Outcome outcome = model::Outcome::kPending;
  cache::TensorHandle handle;  ///< of a hit, until it is fetched
  cache::FlightPtr owned;      ///< of a miss: others may wait for it
  cache::FlightPtr joined;     ///< somebody else is computing it
  SharedTensor tensor;         ///< of a hit that was fetched
  Nanoseconds asked{0};        ///< what the look-up took
  Level served = Level::kNone;
};

struct CachedRequest {
  RequestPlan plan;
  std::vector<CachedArtefact> artefacts;  ///< one an artefact of the plan
  bool approximate = false;               ///< something came of like content and not of its own
};

struct CachingStats {
  std::array<std::uint64_t, kArtefactKinds> served{};   ///< artefacts taken from the cache, by kind
  std::array<std::uint64_t, kArtefactKinds> offered{};  ///< computed and offered
  std::uint64_t computed_twice = 0;                     ///< made here while somebody else was making it, too
  std::uint64_t zero_copy = 0;                          ///< of those served: read where they lie
  std::uint64_t copied = 0;  ///< copied out of a tier that the model cannot address
  /// From the question to the tensor, of vision outputs, by the tier that served.
  std::array<Histogram, kMaxTiers> vision_retrieval{};
};

class CachingMechanism {
 public:
  /// `manager` null: there is no cache, and every artefact is a miss.
  CachingMechanism(cache::HierarchicalCacheManager* manager, const hardware::CostModel& costs,
                   const Clock& clock, const CachingOptions& options);

  [[nodiscard]] bool enabled() const { return manager_ != nullptr; }
  [[nodiscard]] const CachingOptions& options() const { return options_; }

  /// Asks for everything in the plan, most derived first. Starts the transfers that bring hits up.
  void look_up(CachedRequest& request);
  /// Waits for those transfers. A hit whose record failed its checksum becomes a miss.
  void wait(CachedRequest& request);
  /// Makes tensors of the hits: zero-copy where the tier allows it, else copies, all under way together.
  void fetch(CachedRequest& request);
  /// Whether the artefact is there now; one that somebody else has computed meanwhile is fetched.
  [[nodiscard]] bool available(CachedRequest& request, std::size_t artefact);
  /// Offers what was computed. An artefact that was covered or a hit is not offered again, and of a request
  /// that like content served nothing is: it would be kept under the exact content's name.
  void offer(CachedRequest& request, std::size_t artefact, const SharedTensor& tensor);
  /// Ends the request's part: whatever it promised to compute and did not is given up.
  void finish(CachedRequest& request);

  [[nodiscard]] CachingStats stats() const CACHEBENCH_EXCLUDES(mutex_);
  void reset_stats() CACHEBENCH_EXCLUDES(mutex_);

 private:
  [[nodiscard]] cache::EntryDescription describe(const model::Artefact& artefact) const;
  [[nodiscard]] cache::AccessContext context_of(const CachedRequest& request) const;
  [[nodiscard]] bool probe(CachedRequest& request, std::size_t artefact);
  void give_up(CachedRequest& request, std::size_t artefact);
  [[nodiscard]] bool await_one(CachedRequest& request, std::size_t artefact);
  [[nodiscard]] bool reaches_device(const cache::TensorHandle& handle, std::span<const std::byte> bytes);
  void count_served(const CachedRequest& request, std::size_t artefact, Nanoseconds since, bool copied)
      CACHEBENCH_EXCLUDES(mutex_);

  cache::HierarchicalCacheManager* const manager_;
  const hardware::CostModel& costs_;
  const Clock& clock_;
  const CachingOptions options_;
  mutable Mutex mutex_;
  CachingStats stats_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "bench/config/run_config.h"
#include "bench/run/picture_features.h"
#include "bench/run/similarity_errors.h"
#include "cache/multimodal/intelligent_multimodal_cache.h"
#include "cache/multimodal/size_controller.h"
#include "core/sync.h"
#include "model/artefact.h"
#include "result/multimodal.h"

/// The multimodal cache of a run: in front of the manager that both modes drive, so that like content may
/// serve, and with the books that its part of the result is made of. The section's other switches (eviction,
/// lifetimes, quotas, budget, compression) are options of the engine. The manager outlives it. Thread-safe.
/// Errors: as those of the cache.
namespace cachebench::bench {

/// Writes what the section asks for into the engine's options; nothing where it is off.
void apply(const MultimodalSection& section, cache::EngineOptions& options);

/// The tiers' capacities within the section's budget: in the proportions that they have.
[[nodiscard]] std::vector<Bytes> within_budget(const MultimodalSection& section,
                                               std::vector<Bytes> capacities, Bytes working_set);

class MultimodalRun {
 public:
  /// `probe`, where given and the section is dynamic, says how short of memory the machine is.
  MultimodalRun(const MultimodalSection& section, cache::HierarchicalCacheManager& manager,
                std::unique_ptr<cache::MemoryProbe> probe = nullptr);

  [[nodiscard]] cache::LookupResult lookup(const model::Artefact& artefact,
                                           const cache::EntryDescription& what,
                                           const cache::AccessContext& context);
  cache::PutResult put(const model::Artefact& artefact, const cache::EntryDescription& what,
                       const TensorView* content, const cache::FlightPtr& owned);
  /// A similar hit, once it was served: how far is `served`, the first bytes of what it got, from what its
  /// own content would have given? Without bytes both are made up. Files of the user's own pictures say it
  /// better.
  void measure(const model::Artefact& asked, const cache::LookupResult& found, const ContentSource& content,
               std::span<const std::byte> served = {});
  /// What was stored under the key of a similar hit, as far as that makes its bytes; nothing for entries that
  /// an earlier process left.
  [[nodiscard]] std::optional<model::Artefact> stored_for(const model::Artefact& asked,
                                                          const cache::LookupResult& found) const;
  /// Reads the probe, if any, and sizes the cache by what it says. One thread at a time.
  void follow_memory();
  [[nodiscard]] bool is_dynamic() const { return probe_ != nullptr; }
  /// The warm-up is over: counts anew, as the manager does.
  void reset();
  [[nodiscard]] result::Multimodal collect() const;
  [[nodiscard]] cache::IntelligentMultimodalCache& cache() { return cache_; }

 private:
  [[nodiscard]] static cache::ContentTraits traits_of(const model::Artefact& artefact);
  using Verdict = SimilarityErrors::Verdict;
  [[nodiscard]] static Verdict verdict_on(const model::Likeness& asked, const model::Likeness& served);
  void judge(const model::Artefact& asked, const cache::LookupResult& found);

  MultimodalSection section_;
  std::unique_ptr<cache::MemoryProbe> probe_;
  cache::SizeController size_;
  std::atomic<std::uint64_t> resizes_{0};
  cache::IntelligentMultimodalCache cache_;
  mutable Mutex mutex_;
  // Of every artefact that was ever put: some hundred bytes each, as long as the run lasts.
  std::unordered_map<Key, model::Likeness> stored_ CACHEBENCH_GUARDED_BY(mutex_);
  SimilarityErrors errors_;
  PictureFeatures pictures_;
  result::SimilarityOutcome similarity_ CACHEBENCH_GUARDED_BY(mutex_);
  double scores_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::uint64_t similar_hits_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace cachebench::bench

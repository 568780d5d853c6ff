// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/config/run_config.h"
#include "cache/visual/visual_kv_cache.h"
#include "core/clock.h"
#include "core/sync.h"
#include "hardware/cost.h"
#include "model/geometry.h"
#include "result/visual.h"
#include "trace/reader.h"

/// The visual registry of a run, beside the tiers: every image, video and audio reference of a request is
/// looked up by content when the request starts, and stored at once where it is missing; the request uses its
/// embeddings until it ends. It accounts for embeddings without holding their bytes, in both modes, so both
/// count alike; it takes no time of the run. Reads the trace by itself, as a plan does not say what the
/// requests brought. Thread-safe; the cost model outlives it. Errors: those of the trace's reader,
/// Error{kUsage} for senseless limits.
namespace cachebench::bench {

/// One reference as the registry sees it.
struct MediaReference {
  std::string content_hash;  ///< 64 hex digits: the trace's own where it is one, else SHA-256 of its identity
  cache::VisualModality modality = cache::VisualModality::kImage;
  cache::Resolution resolution;
  TensorMeta embedding;
  Work encoder;  ///< to compute it
  bool operator==(const MediaReference&) const = default;
};

/// The references of a request in order, each content once. Audio and video of unknown length bring nothing.
[[nodiscard]] std::vector<MediaReference> media_of(const trace::Request& request, const trace::Header& header,
                                                   const model::Geometry& geometry);

/// The batch that a request's images are: how many, and the largest sides among them.
[[nodiscard]] cache::BatchShape batch_of(const std::vector<MediaReference>& media,
                                         std::uint32_t encoder_depth);

class VisualRun {
 public:
  VisualRun(const RunConfig& config, const hardware::CostModel& costs);

  /// While it is alive the request uses its embeddings.
  using Users = std::vector<cache::VisualHandle>;
  /// The request of this number in the trace starts. Numbers come once each, nearly in order.
  [[nodiscard]] Users begin(std::uint64_t sequence) CACHEBENCH_EXCLUDES(mutex_);
  /// The warm-up is over: counts anew, what is resident stays.
  void reset() CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] result::Visual collect() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  [[nodiscard]] std::vector<MediaReference> take(std::uint64_t sequence) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] cache::VisualHandle look_up(const MediaReference& reference) CACHEBENCH_EXCLUDES(mutex_);

  const VisualSection section_;
  const hardware::CostModel& costs_;
  const model::Geometry geometry_;
  const std::string encoder_;
  const cache::FixedQueueingController controller_;
  VirtualClock clock_;  // arrivals
  cache::VisualKVCache registry_;

  mutable Mutex mutex_;
  std::unique_ptr<trace::Reader> reader_ CACHEBENCH_GUARDED_BY(mutex_);  // null: a trace of objects
  std::uint64_t next_sequence_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, std::vector<MediaReference>> read_ahead_ CACHEBENCH_GUARDED_BY(mutex_);
  cache::VisualCacheStats warmup_ CACHEBENCH_GUARDED_BY(mutex_);
  std::map<std::string, result::VisualLookups> modalities_ CACHEBENCH_GUARDED_BY(mutex_);
  Bytes vram_saved_ CACHEBENCH_GUARDED_BY(mutex_);
  std::int64_t encoder_saved_ns_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace cachebench::bench

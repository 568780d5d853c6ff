// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/clock.h"
#include "core/histogram.h"
#include "core/sync.h"
#include "model/model_runner.h"
#include "pipeline/caching/caching_mechanism.h"
#include "pipeline/io/optimized_io.h"
#include "pipeline/kv_offload.h"
#include "pipeline/load_image.h"
#include "pipeline/prompt.h"
#include "pipeline/running_request.h"
#include "pipeline/stages/kv_room.h"

/// A request on its way through the stages, and what all requests of a pipeline share. A member belongs to
/// one thread at a time; the context outlives its members and is thread-safe.
namespace cachebench::pipeline {

class DecodeLoop;

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
    std::uint64_t joined = 0;         ///< requests that joined a batch that was decoding
    std::uint64_t real_tokens = 0;    ///< prefilled
    std::uint64_t padded_tokens = 0;  ///< and with the padding of their batches
    Histogram encode;                 ///< a pass of the tower, by image
    Histogram prefill;                ///< a pass
    Histogram decode;                 ///< a step
    /// Images are counted when their request ends: read before that, more may have been encoded.
    [[nodiscard]] std::uint64_t encoder_calls_saved() const { return images - std::min(images, encoded); }
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
  KvOffload* offload = nullptr;  ///< null: nobody makes room
  KvRoom* room = nullptr;        ///< shared with batches that are computed at the same time; null: not shared
  DecodeLoop* loop = nullptr;    ///< null: each batch decodes by itself
};

inline constexpr std::size_t kNoArtefact = SIZE_MAX;

struct InferenceMember {
  InferenceMember(std::size_t index, const BatchItem& asked, const Clock& clock)
      : running(index, asked, clock) {}

  /// The artefact of a kind, of image `number` where that is given; kNoArtefact when it is not planned.
  [[nodiscard]] std::size_t find(ArtefactKind kind, std::uint32_t number = model::kNoImage) const;
  [[nodiscard]] bool hit(std::size_t artefact) const {
    return artefact != kNoArtefact && cached.artefacts[artefact].outcome == model::Outcome::kHit;
  }
  /// Tokens that the leading K/V blocks serve, as far as is known.
  [[nodiscard]] std::uint64_t run_end() const;
  /// Where image `number` is first.
  [[nodiscard]] const PlannedImage& image(std::uint32_t number) const;

  RunningRequest running;
  CachedRequest cached;
  Prompt prompt;
  std::vector<std::uint64_t> last_token;  ///< by image number: where it ends last
  std::vector<model::Pixels> pixels;      ///< by image number, where they were made
  std::vector<SharedTensor> vision;       ///< by image number, where it is there
  std::vector<SharedTensor> blocks;       ///< computed K/V to be offered, by place in the chain
  model::PrefillItem item;
  SharedTensor pair, fusion, language;  ///< computed
  ParkedKv parked;                      ///< while it waits for room
  std::vector<std::int64_t> again;      ///< of its answer, to be decoded anew when it goes on
  bool prefilled = false;               ///< its outputs were taken
  bool computed = false;                ///< the loop is done with it; the loop's
};

/// Makes the pixels of an image, unless the cache has or will have them.
void load_pixels(const InferenceContext& context, InferenceMember& member, std::uint32_t number);

}  // namespace cachebench::pipeline

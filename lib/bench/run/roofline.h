// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/sync.h"
#include "core/units.h"
#include "core/work.h"
#include "hardware/profile.h"
#include "model/model_runner.h"
#include "result/pipeline.h"
#include "result/roofline.h"

/// What forbids a run through the pipeline to be faster: the work that the model was asked for, the time that
/// it and the processor's cores took, and the bounds that follow. The wrapped runner's outputs pass through
/// untouched, and counting costs two looks at a clock a call. Thread-safe; borrows what it is given.
namespace cachebench::bench {

/// What a model was asked for so far.
struct ModelWork {
  Work work;            ///< useful, by the geometry: no padding
  Nanoseconds busy{0};  ///< of all its calls together
  Nanoseconds cpu{0};   ///< of it, on the cores of the callers
};

/// A runner that counts what another one does.
class CountingRunner final : public model::ModelRunner {
 public:
  explicit CountingRunner(std::unique_ptr<model::ModelRunner> runner) : runner_(std::move(runner)) {}
  [[nodiscard]] ModelWork work() const CACHEBENCH_EXCLUDES(mutex_);
  void reset_work() CACHEBENCH_EXCLUDES(mutex_);

  [[nodiscard]] const model::Geometry& geometry() const override { return runner_->geometry(); }
  [[nodiscard]] std::int64_t image_token() const override { return runner_->image_token(); }
  [[nodiscard]] std::int64_t end_token() const override { return runner_->end_token(); }
  [[nodiscard]] model::Pixels preprocess(const model::Picture& picture) override {
    return runner_->preprocess(picture);
  }
  [[nodiscard]] std::vector<model::EncodeOutcome> encode(std::span<const model::Pixels> images) override;
  [[nodiscard]] std::vector<model::PrefillOutcome> prefill(
      std::span<const model::PrefillItem> items) override;
  [[nodiscard]] std::vector<model::DecodeOutcome> decode(std::span<const model::DecodeItem> items) override;
  [[nodiscard]] std::optional<model::ComponentCacheStats> components() const override {
    return runner_->components();
  }
  void reset_components() override { runner_->reset_components(); }

 private:
  class Call;
  const std::unique_ptr<model::ModelRunner> runner_;
  mutable Mutex mutex_;
  ModelWork work_ CACHEBENCH_GUARDED_BY(mutex_);
};

/// Of this process, all threads together.
[[nodiscard]] Nanoseconds process_cpu_time();

struct RooflineInputs {
  const result::Pipeline& pipeline;    ///< with its stages
  std::vector<Nanoseconds> stage_cpu;  ///< of the stages, in order
  ModelWork model;
  Nanoseconds process_cpu{0};
  std::uint32_t compute_slots = 1;  ///< passes of the model at a time
  std::uint32_t spare_hands = 0;    ///< jobs that a stage may have beyond its workers
  bool modelled = false;            ///< the runner takes time on a device that the profile describes
  const hardware::Profile& profile;
};
/// Measures the machine's peaks for a model that computes, which takes some tenths of a second.
[[nodiscard]] result::Roofline roofline_of(const RooflineInputs& inputs);
/// Bytes that went over links and drive.
struct ChannelBytes {
  Bytes inputs;    ///< to where the model computes, over the emulated link; 0 where that is not throttled
  Bytes tiers_up;  ///< to the first tier, part of it while nobody waits
  Bytes ssd_read;
};
/// At the profile's rates. Only that of the inputs bounds this run: the others' real rates may be higher.
void add_channels(const hardware::Profile& profile, const ChannelBytes& bytes, result::Roofline& roofline);

}  // namespace cachebench::bench

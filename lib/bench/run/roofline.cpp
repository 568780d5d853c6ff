// SPDX-License-Identifier: Apache-2.0
#include "bench/run/roofline.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "bench/run/machine_peak.h"
#include "core/clock.h"
#include "core/tensor_view.h"
#include "core/thread_time.h"
#include "hardware/live_machine.h"

namespace cachebench::bench {
namespace {

constexpr const char* kMeasured = "measured";
constexpr const char* kEmulated = "emulated";
constexpr const char* kModelled = "modelled";
constexpr const char* kCores = "cpu cores";
constexpr const char* kDevice = "device";
constexpr const char* kLink = "link up";
constexpr const char* kSsd = "ssd read";

std::uint64_t blocks_tokens(const model::PrefillItem& item) {
  std::uint64_t tokens = 0;
  for (const SharedTensor& block : item.ready.kv_blocks)
    tokens += static_cast<std::uint64_t>(block.meta().shape.dims()[3]);
  return tokens;
}

// Layers that a ready artefact stands for are not computed.
std::uint64_t prefill_flops(const model::Geometry& geometry, const model::PrefillItem& item) {
  const std::uint64_t cached = blocks_tokens(item);
  const std::uint64_t all = item.prompt->ids.size();
  const std::uint64_t tokens = std::max<std::uint64_t>(all - std::min(all, cached), 1);
  std::uint64_t layers = geometry.text().layers;
  if (item.ready.language) layers = 0;
  if (!item.ready.language && item.ready.fusion) layers -= geometry.vision().taps.size();
  return layers * geometry.layer_flops(tokens, cached) + geometry.logits_flops();
}

/// What a stage is busy with: the cores where it runs for half of its time or more, else what it waits for.
std::string resource_of(const std::string& stage, Nanoseconds busy, Nanoseconds cpu, bool modelled) {
  if (stage == "compute") return modelled ? kDevice : kCores;
  if (2 * cpu >= busy) return kCores;
  return stage == "load" ? "lower tiers" : stage == "transfer" ? kLink : "caches";
}

std::string basis_of(const std::string& resource) {
  return resource == kDevice || resource == kLink ? kEmulated : kMeasured;
}

result::RooflineCompute compute_of(const RooflineInputs& inputs) {
  result::RooflineCompute compute{.basis = inputs.modelled ? kModelled : kMeasured,
                                  .flops = inputs.model.work.flops,
                                  .bytes = inputs.model.work.bytes_moved,
                                  .busy_ns = inputs.model.busy.count()};
  if (inputs.modelled) {
    compute.peak_flops_per_second = inputs.profile.flops_per_second;
    compute.peak_bytes_per_second = inputs.profile.device_bytes_per_second;
  } else {
    const MachinePeak peak = measure_machine_peak(static_cast<std::uint32_t>(hardware::allowed_threads()));
    compute.peak_flops_per_second = peak.flops_per_second;
    compute.peak_bytes_per_second = peak.bytes_per_second;
  }
  return compute;
}

}  // namespace

/// Times a call of the model and adds what it was for.
class CountingRunner::Call {
 public:
  explicit Call(CountingRunner& runner) : runner_(runner), begun_(RealClock().now()), cpu_(thread_time()) {}
  void end(const Work& work) {
    const Nanoseconds busy = RealClock().now() - begun_;
    const Nanoseconds cpu = thread_time() - cpu_;
    const MutexLock lock(runner_.mutex_);
    runner_.work_.work.flops += work.flops;
    runner_.work_.work.bytes_moved += work.bytes_moved;
    runner_.work_.busy += busy;
    runner_.work_.cpu += cpu;
  }

 private:
  CountingRunner& runner_;
  const Nanoseconds begun_;
  const Nanoseconds cpu_;
};

ModelWork CountingRunner::work() const {
  const MutexLock lock(mutex_);
  return work_;
}

void CountingRunner::reset_work() {
  const MutexLock lock(mutex_);
  work_ = {};
}

std::vector<model::EncodeOutcome> CountingRunner::encode(std::span<const model::Pixels> images) {
  Call call(*this);
  std::vector<model::EncodeOutcome> outcomes = runner_->encode(images);
  Work work;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!outcomes[i].error)
      work.flops += geometry().vision_flops(static_cast<std::uint64_t>(images[i].grid.patches()));
  }
  if (work.flops > 0) work.bytes_moved = geometry().vision_parameters() * size_of(geometry().dtype());
  call.end(work);
  return outcomes;
}

std::vector<model::PrefillOutcome> CountingRunner::prefill(std::span<const model::PrefillItem> items) {
  Call call(*this);
  std::vector<model::PrefillOutcome> outcomes = runner_->prefill(items);
  Work work;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!outcomes[i].error) work.flops += prefill_flops(geometry(), items[i]);
  }
  if (work.flops > 0) work.bytes_moved = geometry().decode_bytes(0).value;
  call.end(work);
  return outcomes;
}

std::vector<model::DecodeOutcome> CountingRunner::decode(std::span<const model::DecodeItem> items) {
  std::vector<std::uint64_t> contexts;
  for (const model::DecodeItem& item : items)  // one without a sequence is for the runner to refuse
    contexts.push_back(item.sequence != nullptr ? item.sequence->tokens() : 0);
  Call call(*this);
  std::vector<model::DecodeOutcome> outcomes = runner_->decode(items);
  Work work;
  std::uint64_t context = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (outcomes[i].error) continue;
    work.flops += geometry().decode_flops(contexts[i]);
    context += contexts[i];
  }
  if (work.flops > 0)
    work.bytes_moved = (geometry().decode_bytes(0) + geometry().kv_bytes_per_token() * context).value;
  call.end(work);
  return outcomes;
}

Nanoseconds process_cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + Nanoseconds{now.tv_nsec};
}

result::Roofline roofline_of(const RooflineInputs& inputs) {
  result::Roofline roofline{.elapsed_ns = inputs.pipeline.elapsed_ns};
  roofline.resources.push_back({.name = kCores,
                                .basis = kMeasured,
                                .units = static_cast<double>(hardware::allowed_threads()),
                                .busy_ns = inputs.process_cpu.count()});
  roofline.resources.push_back({.name = inputs.modelled ? kDevice : "passes of the model at a time",
                                .basis = inputs.modelled ? kEmulated : kMeasured,
                                .units = static_cast<double>(inputs.modelled ? 1 : inputs.compute_slots),
                                .busy_ns = inputs.model.busy.count()});
  for (std::size_t i = 0; i < inputs.pipeline.stages.size(); ++i) {
    const result::PipelineStage& stage = inputs.pipeline.stages[i];
    // Requests that are decoded together are in the stage at the same time: its work is the model's calls.
    const bool computes = stage.name == "compute";
    const Nanoseconds busy = computes ? inputs.model.busy : Nanoseconds{stage.busy_ns};
    const Nanoseconds cpu = computes ? inputs.model.cpu : inputs.stage_cpu[i];
    const std::string resource = resource_of(stage.name, busy, cpu, inputs.modelled);
    roofline.stages.push_back({.name = stage.name,
                               .resource = resource,
                               .basis = basis_of(resource),
                               .busy_ns = busy.count(),
                               .cpu_ns = cpu.count()});
    if (computes) continue;
    roofline.resources.push_back({.name = stage.name + " stage",
                                  .basis = basis_of(resource),
                                  .units = static_cast<double>(stage.workers + inputs.spare_hands),
                                  .busy_ns = stage.busy_ns});
  }
  if (inputs.model.work.flops > 0) roofline.compute = compute_of(inputs);
  return roofline;
}

void add_channels(const hardware::Profile& profile, const ChannelBytes& bytes, result::Roofline& roofline) {
  const auto add = [&](const char* name, const char* basis, Bytes passed, double rate) {
    if (passed == Bytes{0} || rate <= 0) return;
    roofline.resources.push_back(
        {.name = name,
         .basis = basis,
         .units = 1,
         .busy_ns = static_cast<std::int64_t>(static_cast<double>(passed.value) / rate * 1e9)});
  };
  add(kLink, kEmulated, bytes.inputs, profile.h2d.bytes_per_second);
  add("link up of the tiers", kModelled, bytes.tiers_up, profile.h2d.bytes_per_second);
  add(kSsd, kModelled, bytes.ssd_read, profile.ssd_read.bytes_per_second);
}

}  // namespace cachebench::bench

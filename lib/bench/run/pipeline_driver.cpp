// SPDX-License-Identifier: Apache-2.0
#include "bench/run/pipeline_driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <future>
#include <optional>
#include <utility>

#include "bench/run/clock_basis.h"
#include "bench/run/modelled_device.h"
#include "bench/run/pacing.h"
#include "bench/run/pipeline_options.h"
#include "bench/run/roofline.h"
#include "bench/run/trace_requests.h"
#include "core/hash.h"
#include "core/sync.h"
#include "model/backend_loader.h"
#include "pipeline/async/async_multimodal_processor.h"
#include "pipeline/stages/optimized_inference_pipeline.h"

namespace cachebench::bench {
namespace {

using pipeline::AsyncMultimodalResult;

constexpr const char* kModelled = "modelled";

/// The multimodal cache of the run as the pipeline asks it.
class Front final : public pipeline::CacheFront {
 public:
  explicit Front(MultimodalRun& multimodal) : multimodal_(multimodal) {}
  [[nodiscard]] cache::LookupResult lookup(const model::Artefact& artefact,
                                           const cache::EntryDescription& what,
                                           const cache::AccessContext& context) override {
    cache::LookupResult found = multimodal_.lookup(artefact, what, context);
    if (found.similarity) {
      const MutexLock lock(mutex_);
      similar_.push_back({artefact, found.served_key});
    }
    return found;
  }
  void put(const model::Artefact& artefact, const cache::EntryDescription& what, const TensorView& content,
           const cache::FlightPtr& owned) override {
    multimodal_.put(artefact, what, &content, owned);
  }

  /// How far what similar hits got is from what they asked for: after the run, as it takes time.
  void measure(const ContentSource& content) CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    for (const Similar& one : similar_) {
      cache::LookupResult found;
      found.served_key = one.served;
      multimodal_.measure(one.asked, found, content);
    }
    similar_.clear();
  }
  void reset() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    similar_.clear();
  }

 private:
  struct Similar {
    model::Artefact asked;
    Key served;
  };
  MultimodalRun& multimodal_;
  Mutex mutex_;
  std::vector<Similar> similar_ CACHEBENCH_GUARDED_BY(mutex_);
};

/// Everything that answers requests, for the length of a run.
class Machinery {
 public:
  Machinery(const ReplayInputs& inputs, cache::Movers* movers)
      : config_(inputs.config), device_(inputs.costs), runner_(make_runner(inputs)) {
    TraceRequests read = trace_requests(config_, runner_->geometry());
    requests_ = std::move(read.requests);
    const pipeline::InferencePipelineConfig stages = stages_config(config_, read.block_tokens);
    const bool caches = std::any_of(stages.kinds.begin(), stages.kinds.end(), [](bool kind) { return kind; });
    if (inputs.multimodal != nullptr) front_.emplace(*inputs.multimodal);
    stages_ = std::make_unique<pipeline::OptimizedInferencePipeline>(
        *runner_, stages,
        pipeline::PipelineParts{.clock = &clock_,
                                .costs = &inputs.costs,
                                .cache = caches ? &inputs.manager : nullptr,
                                .throttle = config_.throttle ? tier::Throttle::kOn : tier::Throttle::kOff,
                                .contents = picture_source(inputs.content, requests_),
                                .front = front_ ? &*front_ : nullptr,
                                .movers = movers});
  }

  [[nodiscard]] std::vector<TimedRequest>& requests() { return requests_; }
  [[nodiscard]] Front* front() { return front_ ? &*front_ : nullptr; }
  [[nodiscard]] pipeline::OptimizedInferencePipeline& stages() { return *stages_; }
  [[nodiscard]] CountingRunner& runner() { return *runner_; }
  /// What the model did; the time of a modelled one is its device's.
  [[nodiscard]] ModelWork work() const {
    ModelWork work = runner_->work();
    if (modelled()) work.busy = device_.busy() - device_before_;
    return work;
  }
  void reset_work() {
    runner_->reset_work();
    device_before_ = device_.busy();
  }
  [[nodiscard]] bool modelled() const { return config_.pipeline.runner == kModelled; }
  [[nodiscard]] const RealClock& clock() const { return clock_; }

 private:
  std::unique_ptr<CountingRunner> make_runner(const ReplayInputs& inputs) {
    model::RunnerOptions options;
    options.preset = config_.geometry;
    options.checkpoint = config_.pipeline.checkpoint;
    options.seed = config_.seed;
    options.dtype = config_.pipeline.dtype;
    options.weights = config_.pipeline.weights;
    options.threads = config_.pipeline.threads;
    options.kv_tokens = config_.pipeline.kv_tokens;
    options.weights_budget = config_.pipeline.weights_budget;
    options.weights_folder = config_.cache.directory;
    if (!config_.pipeline.model_caching) options.keep_components = model::ComponentCache::Keep::kNothing;
    if (inputs.config.pipeline.runner == kModelled)
      options.spend = [this](const Work& work) { device_.spend(work); };
    return std::make_unique<CountingRunner>(model::load_runner(config_.pipeline.runner).make(options));
  }

  const RunConfig& config_;
  const RealClock clock_;
  ModelledDevice device_;
  Nanoseconds device_before_{0};  // that the device was taken before work was counted
  const std::unique_ptr<CountingRunner> runner_;
  std::vector<TimedRequest> requests_;
  std::optional<Front> front_;
  std::unique_ptr<pipeline::OptimizedInferencePipeline> stages_;
};

/// One pass over a stretch of the workload. `started` is told of each request when it is handed over.
struct Pass {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::function<void(Nanoseconds at, Nanoseconds lag)> started = [](Nanoseconds, Nanoseconds) {};
};

class Replayer {
 public:
  Replayer(const ReplayInputs& inputs, Machinery& machinery) : inputs_(inputs), machinery_(machinery) {}

  std::vector<AsyncMultimodalResult> run(const Pass& pass) {
    return inputs_.config.async.enabled ? run_async(pass) : run_serially(pass);
  }

 private:
  [[nodiscard]] pipeline::AsyncMultimodalRequest request(std::size_t index) const {
    pipeline::AsyncMultimodalRequest request = machinery_.requests()[index].request;
    if (const auto& deadline = inputs_.config.async.deadline)
      request.deadline = machinery_.clock().now() + *deadline;
    return request;
  }

  /// Waits for the planned start in open loop; false when the run is to end.
  [[nodiscard]] bool pace(std::size_t index, Nanoseconds origin, const Pass& pass) const {
    if (inputs_.stop.requested()) return false;
    Nanoseconds lag{0};
    if (inputs_.config.load.kind == LoadKind::kOpen) {
      const Nanoseconds arrival =
          machinery_.requests()[index].arrival - machinery_.requests()[pass.begin].arrival;
      const auto after =
          static_cast<std::int64_t>(static_cast<double>(arrival.count()) / inputs_.config.load.speedup);
      const Nanoseconds planned = origin + Nanoseconds{after};
      if (!sleep_until(planned, inputs_.stop)) return false;
      lag = machinery_.clock().now() - planned;
    }
    pass.started(machinery_.clock().now() - origin, lag);
    return true;
  }

  // What cannot be asked of the model fails alone.
  [[nodiscard]] bool refuse(std::size_t index, std::vector<AsyncMultimodalResult>& results) const {
    const TimedRequest& request = machinery_.requests()[index];
    if (request.refused.empty()) return false;
    results.push_back(
        unanswered(request.request, pipeline::RequestStatus::kFailed, std::string(request.refused)));
    return true;
  }

  // The request uses its embeddings in the registry until it ends.
  void enter_registry(pipeline::AsyncMultimodalRequest& request) const {
    if (inputs_.visual == nullptr) return;
    auto users = std::make_shared<VisualRun::Users>(inputs_.visual->begin(request.id));
    if (!users->empty()) request.on_result = [users](const AsyncMultimodalResult&) { users->clear(); };
  }

  std::vector<AsyncMultimodalResult> run_async(const Pass& pass) {
    pipeline::AsyncMultimodalProcessor processor(machinery_.stages(), machinery_.runner().geometry(),
                                                 machinery_.clock(), async_config(inputs_.config));
    const bool open = inputs_.config.load.kind == LoadKind::kOpen;
    const std::size_t most =
        std::max(inputs_.config.load.in_flight, inputs_.config.async.max_concurrent_requests);
    std::deque<std::future<AsyncMultimodalResult>> under_way;
    std::vector<AsyncMultimodalResult> results;
    const auto take = [&] {
      results.push_back(under_way.front().get());
      under_way.pop_front();
    };
    const Nanoseconds origin = machinery_.clock().now();
    for (std::size_t i = pass.begin; i < pass.end && pace(i, origin, pass); ++i) {
      if (refuse(i, results)) continue;
      while (!open && under_way.size() >= most) take();
      pipeline::AsyncMultimodalRequest next = request(i);
      enter_registry(next);
      under_way.push_back(processor.submit(std::move(next)));
    }
    processor.drain();
    while (!under_way.empty()) take();
    return results;
  }

  std::vector<AsyncMultimodalResult> run_serially(const Pass& pass) {
    std::vector<AsyncMultimodalResult> results;
    const Nanoseconds origin = machinery_.clock().now();
    for (std::size_t i = pass.begin; i < pass.end && pace(i, origin, pass); ++i) {
      if (refuse(i, results)) continue;
      pipeline::AsyncMultimodalRequest one = request(i);
      enter_registry(one);
      const pipeline::BatchItem item{.request = &one, .submitted = machinery_.clock().now()};
      for (AsyncMultimodalResult& result : machinery_.stages().execute(std::span(&item, 1))) {
        if (one.on_result) one.on_result(result);
        results.push_back(std::move(result));
      }
    }
    return results;
  }

  const ReplayInputs& inputs_;
  Machinery& machinery_;
};

std::string hash_of(std::vector<AsyncMultimodalResult>& results) {
  std::sort(results.begin(), results.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  Hasher128 hasher;
  for (const AsyncMultimodalResult& result : results) {
    const std::uint64_t head[] = {result.id, static_cast<std::uint64_t>(result.status), result.tokens.size()};
    hasher.update(std::as_bytes(std::span(head)));
    hasher.update(std::as_bytes(std::span(result.tokens)));
  }
  return hasher.hex();
}

/// What requests took, as distributions.
struct RequestTimes {
  Histogram first_token, per_token, end_to_end, queued;
  void add(const AsyncMultimodalResult& result) {
    end_to_end.record(result.timings.total.count());
    queued.record(result.timings.queued.count());
    if (result.timings.first_token) first_token.record(result.timings.first_token->count());
    if (const auto gap = result.timings.per_token()) per_token.record(gap->count());
  }
};

void add_stages(const pipeline::PipelineReport& report, result::Pipeline& to) {
  to.active_ns = report.active.count();
  to.overlapped_ns = report.overlapped.count();
  to.slowest_stage_ns = report.slowest_stage.count();
  for (const pipeline::StageReport& stage : report.stages) {
    to.stages.push_back({.name = stage.name,
                         .workers = stage.workers,
                         .jobs = stage.jobs,
                         .busy_ns = stage.busy.count(),
                         .idle_ns = stage.idle.count(),
                         .occupancy_ratio = stage.occupancy,
                         .helped = stage.helped,
                         .most_waiting = stage.most_waiting,
                         .p50_ns = stage.time.quantile(0.5),
                         .p99_ns = stage.time.quantile(0.99),
                         .wait_p50_ns = stage.waits.quantile(0.5)});
  }
}

void add_counts(const pipeline::PipelineStats& stats, result::Pipeline& to) {
  const pipeline::InferenceCounts::Values& counts = stats.inference;
  to.images = counts.images;
  to.images_encoded = counts.encoded;
  to.encoder_calls_saved = counts.encoder_calls_saved();
  to.encoder_passes = counts.encoder_passes;
  to.prompt_tokens = counts.prompt_tokens;
  to.reused_tokens = counts.reused_tokens;
  to.real_tokens = counts.real_tokens;
  to.padded_tokens = counts.padded_tokens;
  to.batches = stats.stages.ended;
  to.computed_twice = stats.caching.computed_twice;
  to.zero_copy = stats.caching.zero_copy;
  to.copied_out = stats.caching.copied;
  to.uploads = stats.io.uploads;
  to.uploaded_bytes = stats.io.bytes.value;
  to.staged_bytes = stats.io.staged.value;
  to.upload_waits_ns = stats.io.waited.count();
  to.decode_steps = counts.decode.count();
  to.decoded_tokens = counts.decoded_tokens;
  to.joined = counts.joined;
  to.kv_parked = stats.offload.parked;
  to.kv_parked_bytes = stats.offload.taken.value;
  to.kv_returned_bytes = stats.offload.returned.value;
}

void add_components(const model::ModelRunner& runner, result::Pipeline& to) {
  const std::optional<model::ComponentCacheStats> stats = runner.components();
  if (!stats) return;
  to.weights_budget_bytes = stats->budget.value;
  to.component_hits = stats->hits;
  to.component_loads = stats->loads;
  to.component_evictions = stats->evictions;
  to.component_loaded_bytes = stats->loaded.value;
  to.component_peak_bytes = stats->peak.value;
}

result::Roofline roofline_of(const ReplayInputs& inputs, const Machinery& machinery,
                             const pipeline::PipelineStats& stats, const result::Pipeline& counted,
                             Nanoseconds process_cpu) {
  const PipelineSection& config = inputs.config.pipeline;
  std::vector<Nanoseconds> cpu;
  for (const pipeline::StageReport& stage : stats.stages.stages) cpu.push_back(stage.cpu);
  const bool continuous = config.continuous_batching && config.async_io;
  return bench::roofline_of({.pipeline = counted,
                             .stage_cpu = std::move(cpu),
                             .model = machinery.work(),
                             .process_cpu = process_cpu,
                             .compute_slots = continuous || !config.async_io ? 1 : config.workers.compute,
                             .spare_hands = config.load_balancing && config.async_io ? 1U : 0U,
                             .modelled = machinery.modelled(),
                             .profile = inputs.costs.profile()});
}

void add_latencies(const ReplayInputs& inputs, const pipeline::PipelineStats& stats,
                   const RequestTimes& times, std::map<std::string, result::LatencySummary>& to) {
  const std::vector<TierSection>& sections = inputs.config.cache.tiers;
  const bool modelled = inputs.config.pipeline.runner == kModelled;
  // A request waits for the emulated link as well, whoever computes.
  const bool linked = std::any_of(sections.begin(), sections.end(),
                                  [](const TierSection& tier) { return tier.device == Device::kEmulated; });
  const result::Basis computing = clock_basis(modelled);
  const result::Basis basis = clock_basis(modelled || linked);
  const auto add = [&](const std::string& name, const Histogram& histogram, result::Basis of) {
    if (histogram.count() > 0) to[name] = result::summarise(histogram, of);
  };
  add("first_token", times.first_token, basis);
  add("per_token", times.per_token, basis);
  add("end_to_end", times.end_to_end, basis);
  add("queued", times.queued, basis);
  add("encode", stats.inference.encode, computing);
  add("prefill", stats.inference.prefill, computing);
  add("decode_step", stats.inference.decode, computing);
  const std::vector<cache::TierOptions> tiers = inputs.manager.tiers();
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    // What a lower tier holds comes up over the same link.
    add("vision_from_" + tiers[i].name, stats.caching.vision_retrieval[i], clock_basis(linked));
  }
}

result::Pipeline count_results(const RunConfig& config, std::vector<AsyncMultimodalResult>& results,
                               RequestTimes& times) {
  result::Pipeline out;
  out.runner = config.pipeline.runner;
  out.processing = config.async.enabled ? "async" : "serial";
  out.requests = results.size();
  out.objective_ns = config.pipeline.objective.count();
  for (const AsyncMultimodalResult& result : results) {
    if (result.status == pipeline::RequestStatus::kFailed) ++out.failed;
    if (!result.ok()) continue;
    ++out.ok;
    out.output_tokens += result.tokens.size();
    if (result.timings.total <= config.pipeline.objective) ++out.within_objective;
    times.add(result);
  }
  out.answers_hash = hash_of(results);
  return out;
}

// The first few, each with its line of the trace. REQUIRES: results by number.
std::vector<std::string> failures_of(const std::vector<AsyncMultimodalResult>& results,
                                     const std::vector<TimedRequest>& requests) {
  constexpr std::size_t kFew = 5;
  std::vector<std::string> reasons;
  for (const TimedRequest& asked : requests) {
    const auto result =
        std::lower_bound(results.begin(), results.end(), asked.request.id,
                         [](const AsyncMultimodalResult& one, std::uint64_t id) { return one.id < id; });
    if (result == results.end() || result->id != asked.request.id) continue;
    if (result->status != pipeline::RequestStatus::kFailed) continue;
    reasons.push_back(asked.refused.empty() ? fmt::format("{}: {}", asked.where, result->error)
                                            : asked.refused);
    if (reasons.size() == kFew) break;
  }
  return reasons;
}

void note_failures(const std::vector<AsyncMultimodalResult>& results, std::vector<std::string>& notes) {
  const auto failed = std::find_if(results.begin(), results.end(), [](const auto& r) { return !r.ok(); });
  if (failed != results.end())
    notes.push_back(fmt::format("not every request was answered; the first that was not: {}", failed->error));
}

// What was asked for and cannot be.
void note_settings(const PipelineSection& config, std::vector<std::string>& notes) {
  if (config.continuous_batching && !config.async_io)
    notes.emplace_back(
        "pipeline.continuous_batching: no effect, as pipeline.async_io=false computes one batch at a time");
}

// What was replayed, each request once; the pipeline reads the trace by itself.
void record(Workload& workload, std::size_t requests) {
  model::Plan plan;
  for (std::size_t i = 0; i < requests && workload.next(plan); ++i) continue;
}

}  // namespace

PipelineReplay replay_pipeline(const ReplayInputs& inputs, cache::Movers* movers) {
  Machinery machinery(inputs, movers);
  Replayer replayer(inputs, machinery);
  const std::size_t all = machinery.requests().size();
  const std::size_t warm = std::min<std::size_t>(inputs.config.load.warmup.requests, all);
  const Nanoseconds begun = machinery.clock().now();
  std::uint64_t warmed_up = 0;  // a stop may leave some out
  for (std::uint32_t i = 0; i < inputs.config.pipeline.warm_passes; ++i)
    warmed_up += replayer.run({.begin = 0, .end = all}).size();
  if (warm > 0) warmed_up += replayer.run({.begin = 0, .end = warm}).size();
  inputs.manager.drain();
  const cache::CacheCounters warmup = inputs.manager.reset_counters();
  machinery.stages().reset_stats();
  machinery.runner().reset_components();
  machinery.reset_work();
  if (inputs.multimodal != nullptr) inputs.multimodal->reset();
  if (machinery.front() != nullptr) machinery.front()->reset();
  if (inputs.visual != nullptr) inputs.visual->reset();
  const Nanoseconds warmed = machinery.clock().now();

  RunConfig measured_config = inputs.config;
  measured_config.load.warmup = {};  // it is over
  ReplayInputs measured = {.config = measured_config,
                           .facts = inputs.facts,
                           .workload = inputs.workload,
                           .manager = inputs.manager,
                           .costs = inputs.costs,
                           .stop = inputs.stop,
                           .content = inputs.content,
                           .progress = inputs.progress,
                           .multimodal = inputs.multimodal,
                           .visual = inputs.visual};
  ReplayBooks books(measured);
  const Nanoseconds origin = machinery.clock().now();
  const Nanoseconds cpu = process_cpu_time();
  std::vector<AsyncMultimodalResult> results =
      replayer.run({.begin = warm, .end = all, .started = [&](Nanoseconds at, Nanoseconds lag) {
                      books.request_starts(at, lag);
                    }});
  PipelineReplay replay;
  const Nanoseconds elapsed = machinery.clock().now() - origin;
  const Nanoseconds process_cpu = process_cpu_time() - cpu;
  const pipeline::PipelineStats stats = machinery.stages().get_pipeline_stats();
  RequestTimes times;
  note_failures(results, replay.notes);
  note_settings(inputs.config.pipeline, replay.notes);
  replay.pipeline = count_results(inputs.config, results, times);
  replay.pipeline.failures = failures_of(results, machinery.requests());
  replay.pipeline.elapsed_ns = elapsed.count();
  if (machinery.front() != nullptr) machinery.front()->measure(inputs.content);
  add_stages(stats.stages, replay.pipeline);
  add_counts(stats, replay.pipeline);
  add_components(machinery.runner(), replay.pipeline);
  if (!results.empty())
    replay.pipeline.roofline = roofline_of(inputs, machinery, stats, replay.pipeline, process_cpu);
  add_latencies(inputs, stats, times, replay.latency);
  Measurements counted;
  counted.request = times.end_to_end;
  replay.outcome = books.finish(elapsed, std::move(counted));
  replay.outcome.elapsed = elapsed;
  replay.outcome.warmup = warmup;
  replay.outcome.warmup_requests = warmed_up;
  replay.outcome.warmup_elapsed = warmed - begun;
  replay.outcome.measured.requests = results.size();
  replay.outcome.failed = replay.pipeline.failed;
  if (inputs.workload.is_recording()) record(inputs.workload, warm + results.size());
  return replay;
}

}  // namespace cachebench::bench

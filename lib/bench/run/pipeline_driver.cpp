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
#include "bench/run/roofline.h"
#include "bench/run/trace_requests.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/nearest.h"
#include "model/backend_loader.h"
#include "pipeline/async/async_multimodal_processor.h"
#include "pipeline/stages/optimized_inference_pipeline.h"

namespace cachebench::bench {
namespace {

using pipeline::AsyncMultimodalResult;

constexpr const char* kModelled = "modelled";

pipeline::CachedKinds kinds_of(const std::string& caching) {
  pipeline::CachedKinds kinds{};
  if (caching == "everything") return pipeline::served_kinds();
  if (caching == "all") {
    // Pairs and pixels are more bytes to fetch than they save work where vision outputs and K/V are kept.
    kinds = pipeline::served_kinds();
    kinds[static_cast<std::size_t>(ArtefactKind::kTextImagePair)] = false;
    kinds[static_cast<std::size_t>(ArtefactKind::kImage)] = false;
    return kinds;
  }
  if (caching == "none") return kinds;
  std::vector<std::string> known;
  for (int i = 0; i < kArtefactKinds; ++i) known.emplace_back(name_of(static_cast<ArtefactKind>(i)));
  for (std::size_t at = 0; at <= caching.size();) {
    const std::size_t end = std::min(caching.find('+', at), caching.size());
    const std::string name = caching.substr(at, end - at);
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end())
      throw Error(ErrorKind::kUsage, "pipeline.caching: " + unknown_name("kind of artefact", name, known));
    kinds[static_cast<std::size_t>(found - known.begin())] = true;
    at = end + 1;
  }
  // Blocks with and without image rows are of one chain.
  const bool blocks = kinds[static_cast<std::size_t>(ArtefactKind::kKvBlock)];
  kinds[static_cast<std::size_t>(ArtefactKind::kCrossModalAttention)] = blocks;
  return kinds;
}

pipeline::InferencePipelineConfig stages_config(const RunConfig& config, std::uint32_t block_tokens) {
  const PipelineSection& from = config.pipeline;
  pipeline::InferencePipelineConfig to;
  to.target_hardware = config.profile;
  to.max_batch_size = from.max_batch_size;
  to.variable_batch_size = from.batcher != "arrival";
  to.enable_async_io = from.async_io;
  to.enable_tensor_caching = from.tensor_caching;
  to.enable_model_caching = from.model_caching;
  to.enable_prefetching = from.prefetching;
  to.enable_pinned_memory = from.pinned_memory;
  to.enable_async_transfers = from.async_transfers;
  to.batcher = {.name = from.batcher, .values = {}};
  to.kinds = kinds_of(from.caching);
  to.load_balancing = from.load_balancing;
  to.enable_continuous_batching = from.continuous_batching;
  to.enable_kv_offload = from.kv_offload;
  to.streams = from.streams;
  to.queue = from.queue;
  to.workers = {.load = from.workers.load,
                .transfer = from.workers.transfer,
                .compute = from.workers.compute,
                .post = from.workers.post};
  to.block_tokens = block_tokens;
  return to;
}

pipeline::AsyncConfig async_config(const RunConfig& config) {
  const AsyncSection& from = config.async;
  pipeline::AsyncConfig to;
  to.async_max_concurrent_requests = from.max_concurrent_requests;
  to.async_buffer_size = from.buffer_size;
  to.async_batch_timeout = from.batch_timeout;
  to.enable_async_batching = from.batching;
  to.text_weight = from.text_weight;
  to.image_weight = from.image_weight;
  to.max_batch_complexity = from.max_complexity;
  to.max_batch_size = config.pipeline.max_batch_size;
  to.variable_batch_size = config.pipeline.batcher != "arrival";
  to.batcher = {.name = config.pipeline.batcher, .values = {}};
  to.back_pressure = pipeline::back_pressure_named(name_of(from.back_pressure));
  to.continuous_batching = config.pipeline.continuous_batching;
  // A batch in every stage, and one that waits in front of each.
  to.workers = config.pipeline.async_io ? 4 + config.pipeline.queue : 1;
  return to;
}

/// The multimodal cache of the run as the pipeline asks it.
class Front final : public pipeline::CacheFront {
 public:
  explicit Front(MultimodalRun& multimodal) : multimodal_(multimodal) {}
  [[nodiscard]] cache::LookupResult lookup(const model::Artefact& artefact,
                                           const cache::EntryDescription& what,
                                           const cache::AccessContext& context) override {
    return multimodal_.lookup(artefact, what, context);
  }
  void put(const model::Artefact& artefact, const cache::EntryDescription& what, const TensorView& content,
           const cache::FlightPtr& owned) override {
    multimodal_.put(artefact, what, &content, owned);
  }

 private:
  MultimodalRun& multimodal_;
};

/// Everything that answers requests, for the length of a run.
class Machinery {
 public:
  explicit Machinery(const ReplayInputs& inputs)
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
                                .front = front_ ? &*front_ : nullptr});
  }

  [[nodiscard]] std::vector<TimedRequest>& requests() { return requests_; }
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
  const std::vector<TierSection>& devices = inputs.config.cache.tiers;
  const bool modelled = inputs.config.pipeline.runner == kModelled;
  // A request waits for the emulated link as well, whoever computes.
  const bool linked = std::any_of(devices.begin(), devices.end(),
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

void note_failures(const std::vector<AsyncMultimodalResult>& results, std::vector<std::string>& notes) {
  const auto failed = std::find_if(results.begin(), results.end(), [](const auto& r) { return !r.ok(); });
  if (failed != results.end())
    notes.push_back(fmt::format("not every request was answered; the first that was not: {}", failed->error));
}

// What was replayed, each request once; the pipeline reads the trace by itself.
void record(Workload& workload, std::size_t requests) {
  model::Plan plan;
  for (std::size_t i = 0; i < requests && workload.next(plan); ++i) continue;
}

}  // namespace

PipelineReplay replay_pipeline(const ReplayInputs& inputs) {
  Machinery machinery(inputs);
  Replayer replayer(inputs, machinery);
  const std::size_t all = machinery.requests().size();
  const std::size_t warm = std::min<std::size_t>(inputs.config.load.warmup.requests, all);
  const Nanoseconds begun = machinery.clock().now();
  for (std::uint32_t i = 0; i < inputs.config.pipeline.warm_passes; ++i)
    static_cast<void>(replayer.run({.begin = 0, .end = all}));
  if (warm > 0) static_cast<void>(replayer.run({.begin = 0, .end = warm}));
  inputs.manager.drain();
  const cache::CacheCounters warmup = inputs.manager.reset_counters();
  machinery.stages().reset_stats();
  machinery.runner().reset_components();
  machinery.reset_work();
  if (inputs.multimodal != nullptr) inputs.multimodal->reset();
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
  replay.pipeline = count_results(inputs.config, results, times);
  replay.pipeline.elapsed_ns = elapsed.count();
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
  replay.outcome.warmup_requests = warm + inputs.config.pipeline.warm_passes * all;
  replay.outcome.warmup_elapsed = warmed - begun;
  replay.outcome.measured.requests = results.size();
  if (inputs.workload.is_recording()) record(inputs.workload, warm + results.size());
  return replay;
}

}  // namespace cachebench::bench

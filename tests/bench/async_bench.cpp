// SPDX-License-Identifier: Apache-2.0
//
// Requests per second of the asynchronous processor against one request at a time, and by way of forming
// batches. The model is the modelled runner of the 2b geometry on the target's profile, its time passes on a
// virtual clock: every figure here is modelled, the same on every machine, and has no noise. What it leaves
// out (threads, the processor's own time) is what BM_ProcessorOverhead measures.
#include <benchmark/benchmark.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "core/registry.h"
#include "core/rng.h"
#include "hardware/cost.h"
#include "hardware/profile.h"
#include "pipeline/async/qwen3_vl_2b_async_multimodal_manager.h"
#include "pipeline/direct_executor.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

constexpr std::uint64_t kRequests = 64;

// Short turns and documents, every fourth about an image; answers of 8 to 71 tokens.
std::vector<AsyncMultimodalRequest> mixed_workload() {
  Rng rng(7);
  std::vector<AsyncMultimodalRequest> requests(kRequests);
  for (std::uint64_t i = 0; i < kRequests; ++i) {
    AsyncMultimodalRequest& request = requests[i];
    request.id = i;
    request.stop_at_end = false;
    request.max_new_tokens = 8 + rng.below(64);
    if (i % 4 == 0) request.parts.emplace_back(ImageContentPart{.content = {1, i}, .size = {256, 256}});
    const std::uint64_t tokens = 16 + rng.below(std::uint64_t{16} << rng.below(7));
    request.parts.emplace_back(TextContentPart{.content = {2, i}, .tokens = tokens});
  }
  return requests;
}

/// The modelled runner, and a clock that moves by what it would have computed.
struct ModelledMachine {
  ModelledMachine() {
    model::RunnerOptions options;
    options.preset = "2b";
    options.kv_tokens = 1 << 20;
    options.spend = [this](const Work& work) { clock.advance(costs.recompute(work).total()); };
    runner = Registry<model::RunnerDescriptor>::instance().at("modelled", "runner").make(options);
    executor = std::make_unique<DirectExecutor>(*runner, clock);
  }
  VirtualClock clock;
  hardware::CostModel costs{hardware::find_profile(hardware::kDefaultProfile), 1.0};
  std::unique_ptr<model::ModelRunner> runner;
  std::unique_ptr<DirectExecutor> executor;
};

void run_modelled(benchmark::State& state, AsyncConfig config) {
  config.workers = 0;
  config.async_buffer_size = kRequests;
  config.async_max_concurrent_requests = config.max_batch_size;
  const std::vector<AsyncMultimodalRequest> workload = mixed_workload();
  double waste = 0;
  for (auto _ : state) {
    ModelledMachine machine;
    Qwen3VL2BAsyncMultimodalManager manager(*machine.executor, machine.runner->geometry(), machine.clock,
                                            config);
    auto futures = manager.submit_batch(workload);
    manager.drain();
    for (auto& future : futures) {
      if (!future.get().ok()) state.SkipWithError("a request failed");
    }
    waste = manager.statistics().padding.waste_share();
    state.SetIterationTime(std::chrono::duration<double>(machine.clock.now()).count());
  }
  state.counters["modelled_requests_per_s"] = benchmark::Counter(
      static_cast<double>(kRequests) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["padding_share"] = waste;
}

void BM_Serial(benchmark::State& state) {
  AsyncConfig config;
  config.enable_async_multimodal_processing = false;
  run_modelled(state, config);
}
BENCHMARK(BM_Serial)->UseManualTime()->Iterations(1);

void BM_Async(benchmark::State& state) {
  AsyncConfig config;
  config.max_batch_size = static_cast<std::uint32_t>(state.range(0));
  config.continuous_batching = state.range(1) != 0;
  run_modelled(state, config);
}
BENCHMARK(BM_Async)
    ->ArgNames({"batch", "continuous"})
    ->ArgsProduct({{1, 2, 4, 8, 16}, {0, 1}})
    ->UseManualTime()
    ->Iterations(1);

void BM_Batcher(benchmark::State& state, const std::string& batcher) {
  AsyncConfig config;
  config.batcher.name = batcher;
  run_modelled(state, config);
}
BENCHMARK_CAPTURE(BM_Batcher, arrival, "arrival")->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(BM_Batcher, size_grouped, "size-grouped")->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(BM_Batcher, type_grouped, "type-grouped")->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(BM_Batcher, adaptive, "adaptive")->UseManualTime()->Iterations(1);

/// Answers everything with nothing.
class NoModel final : public BatchExecutor {
 public:
  [[nodiscard]] std::vector<AsyncMultimodalResult> execute(std::span<const BatchItem> batch) override {
    std::vector<AsyncMultimodalResult> results;
    for (const BatchItem& item : batch) results.push_back(unanswered(*item.request, RequestStatus::kOk, {}));
    return results;
  }
};

// What the processor itself takes for a request, through its thread and back: measured.
void BM_ProcessorOverhead(benchmark::State& state) {
  NoModel executor;
  const model::Geometry geometry = model::geometry_named("2b");
  const RealClock clock;
  AsyncConfig config;
  config.async_batch_timeout = Nanoseconds{0};
  AsyncMultimodalProcessor processor(executor, geometry, clock, config);
  const std::vector<AsyncMultimodalRequest> workload = mixed_workload();
  for (auto _ : state) {
    auto futures = processor.submit_batch(workload);
    for (auto& future : futures) benchmark::DoNotOptimize(future.get());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(kRequests) * state.iterations());
}
BENCHMARK(BM_ProcessorOverhead)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();

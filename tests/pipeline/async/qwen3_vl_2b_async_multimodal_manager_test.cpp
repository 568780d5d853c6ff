// SPDX-License-Identifier: Apache-2.0
#include "pipeline/async/qwen3_vl_2b_async_multimodal_manager.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "core/registry.h"
#include "core/rng.h"
#include "hardware/cost.h"
#include "hardware/profile.h"
#include "pipeline/direct_executor.h"
#include "pipeline/fake_runner.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

struct Managed {
  explicit Managed(bool enabled)
      : manager(executor, runner.geometry(), clock, {.enable_async_multimodal_processing = enabled}) {}
  FakeRunner runner;
  RealClock clock;
  DirectExecutor executor{runner, clock};
  Qwen3VL2BAsyncMultimodalManager manager;
};

// Seconds that the target would take for a mixed workload: modelled, on a clock that moves by the model's
// work.
double modelled_seconds(bool enabled) {
  VirtualClock clock;
  const hardware::CostModel costs(hardware::find_profile(hardware::kDefaultProfile), 1.0);
  model::RunnerOptions options;
  options.preset = "2b";
  options.spend = [&](const Work& work) { clock.advance(costs.recompute(work).total()); };
  const auto runner = Registry<model::RunnerDescriptor>::instance().at("modelled", "runner").make(options);
  DirectExecutor executor(*runner, clock);
  AsyncConfig config;
  config.enable_async_multimodal_processing = enabled;
  config.workers = 0;
  Qwen3VL2BAsyncMultimodalManager manager(executor, runner->geometry(), clock, config);
  Rng rng(7);
  std::vector<AsyncMultimodalRequest> requests;
  for (std::uint64_t i = 0; i < 24; ++i) {
    AsyncMultimodalRequest request;
    request.id = i;
    request.stop_at_end = false;
    request.max_new_tokens = 8 + rng.below(32);
    if (i % 4 == 0) request.parts.emplace_back(ImageContentPart{.content = {1, i}, .size = {256, 256}});
    request.parts.emplace_back(
        TextContentPart{.content = {2, i}, .tokens = 16 + rng.below(std::uint64_t{16} << rng.below(6))});
    requests.push_back(std::move(request));
  }
  auto futures = manager.submit_batch(std::move(requests));
  manager.drain();
  for (auto& future : futures) CHECK(future.get().ok());
  return std::chrono::duration<double>(clock.now()).count();
}

std::vector<AsyncMultimodalRequest> some_requests() {
  std::vector<AsyncMultimodalRequest> requests;
  for (std::uint64_t i = 0; i < 20; ++i)
    requests.push_back(ids_request(i, {static_cast<std::int64_t>(10 + i)}, i % 7));
  requests.push_back(ids_request(90, {}));
  return requests;
}

}  // namespace

TEST_CASE("asynchronous or one at a time, the results are the same") {
  Managed together(true);
  Managed alone(false);
  CHECK(together.manager.asynchronous());
  CHECK_FALSE(alone.manager.asynchronous());
  const auto a = together.manager.process_batch(some_requests());
  const auto b = alone.manager.process_batch(some_requests());
  REQUIRE(a.size() == 21);
  REQUIRE(b.size() == 21);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].id == b[i].id);
    CHECK(a[i].status == b[i].status);
    CHECK(a[i].tokens == b[i].tokens);
    CHECK(a[i].error == b[i].error);
    if (b[i].ok()) CHECK(b[i].batch_size == 1);
  }
  CHECK(alone.runner.prefill_passes == 20);
  CHECK(together.runner.prefill_passes < 20);
}

TEST_CASE("disabled, a result is there when submit returns, whichever thread asks") {
  Managed alone(false);
  std::vector<std::thread> threads;
  std::array<int, 4> ready{};
  for (std::size_t t = 0; t < ready.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 20; ++i) {
        auto future = alone.manager.submit(ids_request(i, {static_cast<std::int64_t>(10 + t)}));
        if (future.wait_for(std::chrono::seconds(0)) == std::future_status::ready) ++ready[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : ready) CHECK(count == 20);
  CHECK(alone.manager.statistics().max_in_flight == 1);
}

TEST_CASE("disabled, a callback may submit too") {
  Managed alone(false);
  std::future<AsyncMultimodalResult> second;
  AsyncMultimodalRequest request = ids_request(1, {11});
  request.on_result = [&](const AsyncMultimodalResult&) {
    second = alone.manager.submit(ids_request(2, {12}));
  };
  CHECK(alone.manager.process(std::move(request)).ok());
  CHECK(second.get().tokens == alone.runner.answer({12}, 4));
}

TEST_CASE("asynchronous processing reaches 1.8 times the requests per second of one at a time, as modelled") {
  const double serial = modelled_seconds(false);
  const double async = modelled_seconds(true);
  MESSAGE("modelled: " << serial << " s one at a time, " << async << " s asynchronously, ratio "
                       << serial / async);
  CHECK(serial >= 1.8 * async);
}

TEST_CASE("after a stop either way turns requests away") {
  for (const bool enabled : {true, false}) {
    Managed managed(enabled);
    managed.manager.stop(StopMode::kDrain);
    CHECK(managed.manager.process(ids_request(1, {11})).status == RequestStatus::kRejected);
  }
}

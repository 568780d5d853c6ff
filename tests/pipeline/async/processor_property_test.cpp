// SPDX-License-Identifier: Apache-2.0
// Random schedules of submissions, cancellations, time and stops, against what must always hold: every
// request ends exactly once, the buffer and the batches keep their bounds, and the order is that of urgency.
#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/rng.h"
#include "pipeline/async/async_multimodal_processor.h"
#include "pipeline/async/scripted_executor.h"
#include "pipeline/direct_executor.h"
#include "pipeline/fake_runner.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

struct Watched {
  std::future<AsyncMultimodalResult> future;
  CancellationToken token;
  std::int32_t priority = 0;
  std::uint64_t order = 0;
  int called = 0;
};

AsyncConfig random_config(Rng& rng) {
  AsyncConfig config;
  config.workers = 0;
  config.async_buffer_size = static_cast<std::uint32_t>(1 + rng.below(12));
  config.async_max_concurrent_requests = static_cast<std::uint32_t>(1 + rng.below(8));
  config.max_batch_size = static_cast<std::uint32_t>(1 + rng.below(6));
  config.max_batch_complexity = rng.below(2) == 0 ? 0 : static_cast<double>(50 + rng.below(300));
  config.async_batch_timeout = Nanoseconds{static_cast<std::int64_t>(rng.below(60))};
  config.enable_async_batching = rng.below(5) != 0;
  config.max_wait = Nanoseconds{static_cast<std::int64_t>(1 + rng.below(500))};
  const std::vector<std::string> names = BatcherRegistry::instance().names();
  config.batcher.name = names[rng.below(names.size())];
  config.back_pressure = static_cast<BackPressure>(rng.below(3));
  return config;
}

/// One random schedule on a virtual clock.
class Schedule {
 public:
  explicit Schedule(std::uint64_t seed)
      : rng_(seed), processor_(executor_, geometry_, clock_, random_config(rng_)) {
    executor_.during = [this](std::span<const BatchItem> batch) { on_batch(batch); };
  }

  void run() {
    for (int i = 0; i < 120; ++i) act();
    processor_.stop(rng_.below(2) == 0 ? StopMode::kDrain : StopMode::kCancel);
    stopped_ = true;
    submit();
    check_ends();
  }

 private:
  void act() {
    switch (rng_.below(6)) {
      case 0:
      case 1:
      case 2:
        return submit();
      case 3:
        return clock_.advance(Nanoseconds{static_cast<std::int64_t>(rng_.below(50))});
      case 4:
        return (void)processor_.step();
      default:
        break;
    }
    if (watched_.empty()) return;
    const auto one = std::next(watched_.begin(), static_cast<std::ptrdiff_t>(rng_.below(watched_.size())));
    one->second.token.cancel();
  }

  void submit() {
    const std::uint64_t id = ++ids_;
    AsyncMultimodalRequest request = text_request(id, rng_.below(20) == 0 ? 0 : 1 + rng_.below(100));
    request.priority = static_cast<std::int32_t>(rng_.below(3));
    if (rng_.below(4) == 0)
      request.deadline = clock_.now() + Nanoseconds{static_cast<std::int64_t>(rng_.below(200))};
    Watched& watched = watched_[id];
    watched.token = request.cancellation;
    watched.priority = request.priority;
    request.on_result = [this, id](const AsyncMultimodalResult& result) {
      CHECK(result.id == id);
      ++watched_.at(id).called;
    };
    watched.future = processor_.submit(std::move(request));
    const ProcessorStatistics statistics = processor_.statistics();
    CHECK(statistics.max_waiting <= processor_.config().async_buffer_size);
  }

  void on_batch(std::span<const BatchItem> batch) {
    const AsyncConfig& config = processor_.config();
    const BatchLimits limits = config.batching().limits;
    CHECK(batch.size() <= limits.max_requests);
    CHECK(processor_.statistics().in_flight <= config.async_max_concurrent_requests);
    double complexity = 0;
    for (const BatchItem& item : batch) {
      const RequestPart& part = item.request->parts.front();
      complexity += config.text_weight * static_cast<double>(std::get<TokensPart>(part).ids.size());
      CHECK(started_.emplace(item.request->id, item.submitted).second);
    }
    if (batch.size() > 1 && limits.max_complexity > 0) CHECK(complexity <= limits.max_complexity);
    if (rng_.below(10) == 0) throw std::runtime_error("the model broke");
    clock_.advance(Nanoseconds{static_cast<std::int64_t>(rng_.below(30))});
  }

  void check_ends() {
    std::map<RequestStatus, std::uint64_t> ends;
    for (auto& [id, watched] : watched_) {
      REQUIRE(watched.future.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
      const AsyncMultimodalResult result = watched.future.get();
      CHECK(result.id == id);
      CHECK(watched.called == 1);
      CHECK(result.ok() == result.error.empty());
      if (result.ok()) CHECK(started_.contains(id));
      if (started_.contains(id)) CHECK(result.batch_size >= 1);
      ++ends[result.status];
    }
    const ProcessorStatistics statistics = processor_.statistics();
    CHECK(statistics.submitted == watched_.size());
    for (std::size_t i = 0; i < kRequestStatuses; ++i)
      CHECK(statistics.ended[i] == ends[static_cast<RequestStatus>(i)]);
    CHECK(statistics.waiting == 0);
    CHECK(statistics.in_flight == 0);
    CHECK(statistics.max_in_flight <= processor_.config().async_max_concurrent_requests);
  }

  Rng rng_;
  model::Geometry geometry_ = model::geometry_named("tiny");
  VirtualClock clock_;
  ScriptedExecutor executor_;
  AsyncMultimodalProcessor processor_;
  std::map<std::uint64_t, Watched> watched_;
  std::map<std::uint64_t, Nanoseconds> started_;
  std::uint64_t ids_ = 0;
  bool stopped_ = false;
};

}  // namespace

TEST_CASE("every schedule ends every request exactly once, within all bounds") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Schedule(seed).run();
  }
}

TEST_CASE("in order of arrival, batches start by priority, then arrival") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Rng rng(seed);
    const model::Geometry geometry = model::geometry_named("tiny");
    const VirtualClock clock;
    ScriptedExecutor executor;
    AsyncConfig config;
    config.workers = 0;
    config.async_buffer_size = 64;
    config.max_batch_size = static_cast<std::uint32_t>(1 + rng.below(5));
    config.batcher.name = "arrival";
    AsyncMultimodalProcessor processor(executor, geometry, clock, config);
    std::map<std::int32_t, std::vector<std::uint64_t>> expected;  // by falling priority
    for (std::uint64_t id = 1; id <= 40; ++id) {
      AsyncMultimodalRequest request = text_request(id, 1 + rng.below(50));
      request.priority = static_cast<std::int32_t>(rng.below(4));
      expected[-request.priority].push_back(id);
      (void)processor.submit(std::move(request));
    }
    processor.drain();
    std::vector<std::uint64_t> started;
    for (const auto& batch : executor.batches) started.insert(started.end(), batch.begin(), batch.end());
    std::vector<std::uint64_t> ordered;
    for (const auto& [priority, ids] : expected) ordered.insert(ordered.end(), ids.begin(), ids.end());
    CHECK(started == ordered);
  }
}

TEST_CASE("nobody waits longer than max_wait and the batches of those who were there before") {
  Rng rng(5);
  const model::Geometry geometry = model::geometry_named("tiny");
  VirtualClock clock;
  ScriptedExecutor executor;
  AsyncConfig config;
  config.workers = 0;
  config.async_buffer_size = 32;
  config.max_batch_size = 4;
  config.async_batch_timeout = Nanoseconds{10};
  config.max_wait = Nanoseconds{300};
  config.back_pressure = BackPressure::kReject;
  constexpr Nanoseconds kBatchTime{20};
  executor.during = [&](std::span<const BatchItem>) { clock.advance(kBatchTime); };
  AsyncMultimodalProcessor processor(executor, geometry, clock, config);
  std::vector<std::future<AsyncMultimodalResult>> futures;
  // More come than can be served, most of them more urgent than the first.
  for (std::uint64_t id = 1; id <= 2000; ++id) {
    AsyncMultimodalRequest request = text_request(id, 1 + rng.below(200));
    request.priority = static_cast<std::int32_t>(rng.below(10));
    futures.push_back(processor.submit(std::move(request)));
    if (rng.below(6) == 0) (void)processor.step();
    clock.advance(Nanoseconds{2});
  }
  processor.drain();
  // Once overdue, at most the 31 others that are overdue too go first, a batch each at worst.
  const Nanoseconds bound = config.max_wait + kBatchTime * 33;
  for (auto& future : futures) {
    const AsyncMultimodalResult result = future.get();
    if (result.ok()) CHECK(result.timings.queued <= bound);
  }
}

TEST_CASE("many threads, faults, cancellations and a stop in the middle: every request ends once") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    FakeRunner runner({.throw_in_prefill = 20, .throw_in_decode = 33});
    const RealClock clock;
    DirectExecutor executor(runner, clock);
    AsyncConfig config;
    config.workers = 3;
    config.async_buffer_size = 8;
    config.max_batch_size = 4;
    config.async_batch_timeout = std::chrono::microseconds(seed % 2 == 0 ? 0 : 200);
    config.back_pressure = static_cast<BackPressure>(seed % 3);
    AsyncMultimodalProcessor processor(executor, runner.geometry(), clock, config);
    std::atomic<int> called{0};
    std::atomic<int> ended{0};
    std::vector<std::thread> callers;
    for (std::uint64_t c = 0; c < 4; ++c) {
      callers.emplace_back([&, c] {
        Rng rng(seed * 100 + c);
        std::vector<std::future<AsyncMultimodalResult>> futures;
        for (std::uint64_t i = 0; i < 60; ++i) {
          AsyncMultimodalRequest request =
              ids_request(c * 1000 + i, {static_cast<std::int64_t>(10 + rng.below(40))}, rng.below(8));
          request.priority = static_cast<std::int32_t>(rng.below(3));
          const CancellationToken token = request.cancellation;
          request.on_result = [&](const AsyncMultimodalResult&) { ++called; };
          futures.push_back(processor.submit(std::move(request)));
          if (rng.below(5) == 0) token.cancel();
        }
        for (auto& future : futures) {
          (void)future.get();
          ++ended;
        }
      });
    }
    while (ended.load() == 0 && processor.statistics().submitted < 100) std::this_thread::yield();
    processor.stop(seed % 2 == 0 ? StopMode::kCancel : StopMode::kDrain);
    for (std::thread& caller : callers) caller.join();
    CHECK(called == 240);
    CHECK(ended == 240);
    CHECK(runner.alive == 0);
    CHECK(processor.statistics().max_waiting <= 8);
  }
}

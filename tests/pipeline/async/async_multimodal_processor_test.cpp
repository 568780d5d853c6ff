// SPDX-License-Identifier: Apache-2.0
#include "pipeline/async/async_multimodal_processor.h"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/async/scripted_executor.h"
#include "pipeline/direct_executor.h"
#include "pipeline/fake_runner.h"
#include "support/few_threads.h"

using namespace cachebench;
using namespace cachebench::pipeline;
using Future = std::future<AsyncMultimodalResult>;
using Batches = std::vector<std::vector<std::uint64_t>>;

namespace {

bool ready(const Future& future) {
  return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

/// A processor without threads, on a clock that the test moves.
struct Bench {
  explicit Bench(AsyncConfig config = {})
      : processor(executor, geometry, clock, by_hand(std::move(config))) {}
  static AsyncConfig by_hand(AsyncConfig config) {
    config.workers = 0;
    return config;
  }
  Future submit(AsyncMultimodalRequest request) { return processor.submit(std::move(request)); }
  model::Geometry geometry = model::geometry_named("tiny");
  VirtualClock clock;
  ScriptedExecutor executor;
  AsyncMultimodalProcessor processor;
};

AsyncConfig config_of(std::uint32_t batch, std::uint32_t buffer = 16) {
  AsyncConfig config;
  config.async_buffer_size = buffer;
  config.max_batch_size = batch;
  config.async_batch_timeout = Nanoseconds{100};
  return config;
}

}  // namespace

TEST_CASE("a batch starts when it is full, or when somebody has waited long enough") {
  Bench bench(config_of(2));
  Future first = bench.submit(text_request(1, 10));
  CHECK_FALSE(bench.processor.step());
  CHECK(*bench.processor.next_due() == Nanoseconds{100});
  Future second = bench.submit(text_request(2, 10));
  CHECK(*bench.processor.next_due() == Nanoseconds{0});
  CHECK(bench.processor.step());
  CHECK(first.get().batch_size == 2);
  CHECK(second.get().ok());
  Future third = bench.submit(text_request(3, 10));
  bench.clock.advance(Nanoseconds{99});
  CHECK_FALSE(bench.processor.step());
  bench.clock.advance(Nanoseconds{1});
  CHECK(bench.processor.step());
  const AsyncMultimodalResult result = third.get();
  CHECK(result.batch_size == 1);
  CHECK(result.timings.queued == Nanoseconds{100});
  CHECK(bench.executor.batches == Batches{{1, 2}, {3}});
  CHECK_FALSE(bench.processor.next_due().has_value());
}

TEST_CASE("without batching every request is a batch of its own at once") {
  AsyncConfig config = config_of(8);
  config.enable_async_batching = false;
  Bench bench(config);
  auto futures = bench.processor.submit_batch({text_request(1, 5), text_request(2, 5)});
  CHECK(bench.processor.step());
  CHECK(bench.processor.step());
  CHECK(bench.executor.batches == Batches{{1}, {2}});
  CHECK(futures[1].get().batch_size == 1);
}

TEST_CASE("batches keep to the combined complexity and the memory") {
  AsyncConfig config = config_of(8);
  config.max_batch_complexity = 100;
  config.text_weight = 2;
  config.batcher.name = "arrival";
  Bench bench(config);
  for (std::uint64_t i = 1; i <= 4; ++i) (void)bench.submit(text_request(i, 20));
  bench.processor.drain();
  CHECK(bench.executor.batches == Batches{{1, 2}, {3, 4}});

  AsyncConfig by_memory = config_of(8);
  by_memory.max_batch_memory = bench.geometry.kv_bytes_per_token() * 50;
  Bench other(by_memory);
  for (std::uint64_t i = 1; i <= 4; ++i) (void)other.submit(text_request(i, 20, 4));
  other.processor.drain();
  CHECK(other.executor.batches == Batches{{1, 2}, {3, 4}});
}

TEST_CASE("the urgent go first, and whoever has waited too long before them") {
  AsyncConfig config = config_of(1);
  config.max_wait = Nanoseconds{1000};
  Bench bench(config);
  for (std::uint64_t i = 1; i <= 4; ++i) {
    AsyncMultimodalRequest request = text_request(i, 5);
    request.priority = i == 3 ? 1 : 0;
    (void)bench.submit(std::move(request));
  }
  (void)bench.processor.step();
  (void)bench.processor.step();
  CHECK(bench.executor.batches == Batches{{3}, {1}});
  bench.clock.advance(Nanoseconds{1000});
  AsyncMultimodalRequest urgent = text_request(5, 5);
  urgent.priority = 9;
  (void)bench.submit(std::move(urgent));
  bench.processor.drain();
  CHECK(bench.executor.batches == Batches{{3}, {1}, {2}, {4}, {5}});
}

TEST_CASE("a full buffer rejects, and says so") {
  AsyncConfig config = config_of(8, 2);
  config.back_pressure = BackPressure::kReject;
  Bench bench(config);
  Future first = bench.submit(text_request(1, 5));
  Future second = bench.submit(text_request(2, 5));
  Future third = bench.submit(text_request(3, 5));
  REQUIRE(ready(third));
  const AsyncMultimodalResult result = third.get();
  CHECK(result.status == RequestStatus::kRejected);
  CHECK(result.error == "request 3: no room, 2 requests are waiting");
  bench.processor.drain();
  CHECK(first.get().ok());
  CHECK(bench.processor.statistics().max_waiting == 2);
}

TEST_CASE("a full buffer sheds whoever is least likely to make it") {
  AsyncConfig config = config_of(8, 2);
  config.back_pressure = BackPressure::kShed;
  Bench bench(config);
  AsyncMultimodalRequest late = text_request(1, 5);
  late.deadline = Nanoseconds{500};
  Future shed = bench.submit(std::move(late));
  Future second = bench.submit(text_request(2, 5));
  Future third = bench.submit(text_request(3, 5));
  REQUIRE(ready(shed));
  const AsyncMultimodalResult result = shed.get();
  CHECK(result.status == RequestStatus::kShed);
  CHECK(result.error == "request 1: given up for one of 2 others that are waiting");
  Future newcomer = bench.submit(text_request(4, 5));
  CHECK(newcomer.get().status == RequestStatus::kShed);
  bench.processor.drain();
  CHECK(second.get().ok());
  CHECK(third.get().ok());
}

TEST_CASE("without threads a caller that would block does the work itself") {
  Bench bench(config_of(2, 2));
  std::vector<Future> futures;
  for (std::uint64_t i = 1; i <= 5; ++i) futures.push_back(bench.submit(text_request(i, 5)));
  CHECK(bench.executor.batches == Batches{{1, 2}, {3, 4}});
  bench.processor.drain();
  for (Future& future : futures) CHECK(future.get().ok());
}

TEST_CASE("cancelled and late requests end without being computed") {
  Bench bench(config_of(8));
  AsyncMultimodalRequest request = text_request(1, 5);
  const CancellationToken token = request.cancellation;
  Future cancelled = bench.submit(std::move(request));
  AsyncMultimodalRequest hasty = text_request(2, 5);
  hasty.deadline = Nanoseconds{40};
  Future late = bench.submit(std::move(hasty));
  token.cancel();
  CHECK(bench.processor.step());
  CHECK(cancelled.get().error == "request 1: cancelled by its caller");
  CHECK(*bench.processor.next_due() == Nanoseconds{40});
  bench.clock.advance(Nanoseconds{40});
  CHECK(bench.processor.step());
  const AsyncMultimodalResult result = late.get();
  CHECK(result.status == RequestStatus::kExpired);
  CHECK(result.batch_size == 0);
  CHECK(result.timings.total == Nanoseconds{40});
  AsyncMultimodalRequest too_late = text_request(3, 5);
  too_late.deadline = Nanoseconds{40};
  CHECK(bench.submit(std::move(too_late)).get().status == RequestStatus::kExpired);
  CHECK(bench.executor.batches.empty());
}

TEST_CASE("requests that make no sense fail at once and alone") {
  Bench bench(config_of(2));
  AsyncMultimodalRequest endless = text_request(7, 1);
  endless.parts = {TextContentPart{.content = {}, .tokens = 10'000'000}};
  CHECK(bench.submit(std::move(endless)).get().error ==
        "request 7: a prompt of 10000000 tokens, at most 4194304");
  AsyncMultimodalRequest nothing;
  CHECK(bench.submit(std::move(nothing)).get().status == RequestStatus::kFailed);
  AsyncMultimodalRequest no_picture = text_request(8, 1);
  no_picture.parts.emplace_back(
      ImageBytesPart{.bytes = std::make_shared<const std::vector<std::byte>>(9), .name = "x.png"});
  CHECK(bench.submit(std::move(no_picture)).get().error.starts_with("request 8: x.png"));
  Future good = bench.submit(text_request(1, 5));
  bench.processor.drain();
  CHECK(good.get().ok());
  CHECK(bench.processor.statistics().ended_with(RequestStatus::kFailed) == 3);
}

TEST_CASE("an executor that throws fails its batch and no other") {
  Bench bench(config_of(2));
  bench.executor.during = [](std::span<const BatchItem> batch) {
    if (batch.front().request->id == 1) throw std::runtime_error("out of order");
  };
  auto futures = bench.processor.submit_batch(
      {text_request(1, 5), text_request(2, 5), text_request(3, 5), text_request(4, 5)});
  bench.processor.drain();
  CHECK(futures[0].get().error == "request 1: out of order");
  CHECK(futures[1].get().error == "request 2: out of order");
  CHECK(futures[2].get().ok());
  CHECK(futures[3].get().ok());
}

TEST_CASE("a request submitted after a stop is turned away with a reason") {
  Bench bench(config_of(2));
  Future waiting = bench.submit(text_request(1, 5));
  bench.processor.stop(StopMode::kDrain);
  CHECK(waiting.get().ok());
  const AsyncMultimodalResult result = bench.submit(text_request(2, 5)).get();
  CHECK(result.status == RequestStatus::kRejected);
  CHECK(result.error == "request 2: submitted after the processor was stopped");
}

TEST_CASE("a stop cancels who waits, and who runs between two steps") {
  Bench bench(config_of(1));
  Future running = bench.submit(text_request(1, 5));
  Future waiting = bench.submit(text_request(2, 5));
  bench.executor.during = [&](std::span<const BatchItem>) { bench.processor.stop(StopMode::kCancel); };
  CHECK(bench.processor.step());
  CHECK(running.get().error == "request 1: the processor was stopped");
  bench.processor.stop(StopMode::kCancel);
  CHECK(waiting.get().status == RequestStatus::kCancelled);
  CHECK(bench.executor.batches == Batches{{1}});
}

TEST_CASE("a processor that goes away ends what it took") {
  Future left;
  {
    Bench bench(config_of(8));
    left = bench.submit(text_request(1, 5));
    CHECK_FALSE(ready(left));
  }
  CHECK(left.get().status == RequestStatus::kCancelled);
}

TEST_CASE("results are called back once, before the future is ready; what a callback throws is counted") {
  Bench bench(config_of(1));
  std::vector<std::uint64_t> called;
  Future future;
  AsyncMultimodalRequest request = text_request(1, 5);
  request.on_result = [&](const AsyncMultimodalResult& result) {
    called.push_back(result.id);
    CHECK_FALSE(ready(future));
    throw std::runtime_error("a caller's mistake");
  };
  future = bench.submit(std::move(request));
  bench.processor.drain();
  CHECK(future.get().ok());
  CHECK(called == std::vector<std::uint64_t>{1});
  CHECK(bench.processor.statistics().callback_errors == 1);
}

TEST_CASE("a callback may submit; where the buffer is full it is turned away instead of waiting for itself") {
  Bench bench(config_of(1, 1));
  std::vector<Future> more;
  AsyncMultimodalRequest request = text_request(1, 5);
  request.on_result = [&](const AsyncMultimodalResult&) {
    more.push_back(bench.submit(text_request(2, 5)));
    more.push_back(bench.submit(text_request(3, 5)));
  };
  (void)bench.submit(std::move(request));
  bench.processor.drain();
  CHECK(more.at(0).get().ok());
  CHECK(more.at(1).get().status == RequestStatus::kRejected);
}

TEST_CASE("no more are computed at a time than asked for") {
  AsyncConfig config = config_of(8);
  config.async_max_concurrent_requests = 3;
  Bench bench(config);
  for (std::uint64_t i = 1; i <= 7; ++i) (void)bench.submit(text_request(i, 5));
  bench.processor.drain();
  CHECK(bench.executor.batches == Batches{{1, 2, 3}, {4, 5, 6}, {7}});
  CHECK(bench.processor.statistics().max_in_flight == 3);
}

TEST_CASE("statistics add up, and padding is counted") {
  Bench bench(config_of(2));
  (void)bench.processor.submit_batch({text_request(1, 10), text_request(2, 30), text_request(3, 10)});
  (void)bench.processor.step();
  ProcessorStatistics statistics = bench.processor.statistics();
  CHECK(statistics.submitted == 3);
  CHECK(statistics.waiting == 1);
  CHECK(statistics.ended_with(RequestStatus::kOk) == 2);
  CHECK(statistics.padding.wasted_tokens() == 0);  // 10 with 10
  bench.processor.drain();
  statistics = bench.processor.statistics();
  CHECK(statistics.waiting == 0);
  CHECK(statistics.in_flight == 0);
  CHECK(statistics.ended_with(RequestStatus::kOk) == 3);
  CHECK(statistics.padding.real_tokens == 50);
}

TEST_CASE("requests join a batch that is decoding, the most urgent first, within its limits") {
  FakeRunner runner;
  VirtualClock clock;
  DirectExecutor executor(runner, clock);
  AsyncConfig config = config_of(3);
  config.workers = 0;
  AsyncMultimodalProcessor processor(executor, runner.geometry(), clock, config);
  std::vector<Future> futures;
  futures.push_back(processor.submit(text_request(1, 5, 8)));
  clock.advance(Nanoseconds{100});
  runner.before_decode = [&] {
    if (runner.decode_passes != 2) return;
    for (std::uint64_t i = 2; i <= 4; ++i) {
      AsyncMultimodalRequest request = text_request(i, 5, 2);
      request.priority = static_cast<std::int32_t>(i);
      futures.push_back(processor.submit(std::move(request)));
    }
  };
  CHECK(processor.step());
  CHECK(runner.decode_passes == 7);  // all rode along
  CHECK(runner.prefill_passes == 3);
  std::vector<AsyncMultimodalResult> results;
  for (Future& future : futures) results.push_back(future.get());
  for (const AsyncMultimodalResult& result : results) CHECK(result.ok());
  CHECK(results[0].batch_size == 1);
  CHECK(results[2].batch_size == 3);
  CHECK(results[3].batch_size == 3);
  CHECK(results[1].batch_size == 2);
  const ProcessorStatistics statistics = processor.statistics();
  CHECK(statistics.joined == 3);
  CHECK(statistics.max_in_flight == 3);

  config.continuous_batching = false;
  AsyncMultimodalProcessor whole(executor, runner.geometry(), clock, config);
  runner.before_decode = [&, asked = false]() mutable {
    if (!std::exchange(asked, true)) futures.push_back(whole.submit(text_request(9, 5, 2)));
  };
  futures.push_back(whole.submit(text_request(8, 5, 4)));
  clock.advance(Nanoseconds{100});
  CHECK(whole.step());
  CHECK(whole.statistics().waiting == 1);
}

TEST_CASE("threads answer everything, and their tokens come as they are made") {
  FakeRunner runner;
  const RealClock clock;
  DirectExecutor executor(runner, clock);
  AsyncConfig config = config_of(4, 8);
  config.workers = 2;
  AsyncMultimodalProcessor processor(executor, runner.geometry(), clock, config);
  std::vector<Future> futures;
  std::vector<std::vector<std::int64_t>> streamed(40);
  for (std::uint64_t i = 0; i < 40; ++i) {
    AsyncMultimodalRequest request = ids_request(i, {static_cast<std::int64_t>(10 + i)}, 5);
    request.on_token = [&streamed](const StreamedToken& token) {
      streamed[token.request].push_back(token.token);
      if (token.index == 3) throw std::runtime_error("enough");
    };
    futures.push_back(processor.submit(std::move(request)));  // waits where the buffer is full
  }
  for (std::uint64_t i = 0; i < 40; ++i) {
    const AsyncMultimodalResult result = futures[i].get();
    CHECK(result.tokens == runner.answer({static_cast<std::int64_t>(10 + i)}, 5));
    CHECK(streamed[i] == result.tokens);
    CHECK(result.timings.token_times.size() == 5);
  }
  processor.drain();
  CHECK(processor.statistics().callback_errors == 40);
  CHECK(processor.statistics().max_waiting <= 8);
}

TEST_CASE("a caller that waits for room is let go by a stop, a cancellation and a deadline") {
  FakeRunner runner;
  const RealClock clock;
  DirectExecutor executor(runner, clock);
  AsyncConfig config = config_of(8, 1);
  config.async_batch_timeout = std::chrono::minutes(10);  // nothing starts by itself
  AsyncMultimodalProcessor processor(executor, runner.geometry(), clock, config);
  Future first = processor.submit(text_request(1, 5));
  AsyncMultimodalRequest cancelled = text_request(2, 5);
  cancelled.cancellation.cancel();
  CHECK(processor.submit(std::move(cancelled)).get().status == RequestStatus::kCancelled);
  AsyncMultimodalRequest late = text_request(3, 5);
  late.deadline = clock.now() + std::chrono::milliseconds(1);
  CHECK(processor.submit(std::move(late)).get().status == RequestStatus::kExpired);
  Future blocked;
  std::thread caller([&] { blocked = processor.submit(text_request(4, 5)); });
  while (processor.statistics().submitted < 4) std::this_thread::yield();
  processor.stop(StopMode::kCancel);
  caller.join();
  CHECK(blocked.get().status == RequestStatus::kRejected);
  CHECK(first.get().error == "request 1: the processor was stopped");
}

TEST_CASE("a stop that drains ends all threads, though there is work for one of them only") {
  for (int round = 0; round < 50; ++round) {
    FakeRunner runner;
    const RealClock clock;
    DirectExecutor executor(runner, clock);
    AsyncConfig config = config_of(1);
    config.workers = 6;
    config.async_max_concurrent_requests = 1;
    AsyncMultimodalProcessor processor(executor, runner.geometry(), clock, config);
    std::vector<Future> futures;
    for (std::uint64_t i = 0; i < 5; ++i) futures.push_back(processor.submit(text_request(i, 3, 3)));
    processor.stop(StopMode::kDrain);
    for (Future& future : futures) CHECK(future.get().ok());
    CHECK(processor.statistics().max_in_flight == 1);
  }
}

TEST_CASE("a config that makes no sense is refused") {
  FakeRunner runner;
  const RealClock clock;
  DirectExecutor executor(runner, clock);
  AsyncConfig config;
  config.async_buffer_size = 0;
  CHECK_THROWS_AS(AsyncMultimodalProcessor(executor, runner.geometry(), clock, config), Error);
}

TEST_CASE("too few threads are an error that says how many it wanted") {
  if (!testing::FewThreads::possible()) {
    MESSAGE("skipped: a sanitizer has the address space");
    return;
  }
  ScriptedExecutor executor;
  const model::Geometry geometry = model::geometry_named("tiny");
  const VirtualClock clock;
  AsyncConfig config;
  config.workers = 63;
  std::string said;
  {
    const testing::FewThreads few;
    try {
      const AsyncMultimodalProcessor processor(executor, geometry, clock, config);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kEnvironment);
      said = error.what();
    }
  }
  CHECK(said.find("63 threads") != std::string::npos);
}

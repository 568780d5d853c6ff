// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/optimized_inference_pipeline.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "pipeline/direct_executor.h"
#include "pipeline/stages/pipeline_rig.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

void check_same(const std::vector<AsyncMultimodalResult>& results,
                const std::vector<AsyncMultimodalResult>& expected) {
  REQUIRE(results.size() == expected.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    INFO("request " << i << ": " << results[i].error);
    CHECK(results[i].ok());
    CHECK(results[i].id == expected[i].id);
    CHECK(results[i].tokens == expected[i].tokens);
    CHECK(results[i].first_logits == expected[i].first_logits);
    CHECK(results[i].prompt_tokens == expected[i].prompt_tokens);
  }
}

// Each alone, without caches or stages.
std::vector<AsyncMultimodalResult> plainly(PipelineRig& rig,
                                           const std::vector<AsyncMultimodalRequest>& requests) {
  DirectExecutor direct(*rig.runner, rig.clock);
  std::vector<AsyncMultimodalResult> results;
  for (const AsyncMultimodalRequest& request : requests) {
    const BatchItem item{.request = &request, .submitted = {}};
    results.push_back(std::move(direct.execute(std::span(&item, 1)).at(0)));
  }
  return results;
}

}  // namespace

TEST_CASE("caches and stages give the answers that the model gives without them") {
  PipelineRig rig(true);
  const auto requests = chats(7, 4);
  const auto expected = plainly(rig, requests);
  check_same(rig.run(requests), expected);
  check_same(rig.run(requests), expected);  // warm
  const PipelineStats stats = rig.pipeline->get_pipeline_stats();
  CHECK(stats.inference.requests == 2 * requests.size());
  CHECK(stats.inference.reused_tokens > 0);
  CHECK(stats.inference.encoder_calls_saved() > 0);
  CHECK(stats.stages.ended > 0);
  CHECK(stats.stages.failed == 0);
}

TEST_CASE("no switch changes an answer") {
  const auto requests = chats(5, 3);
  PipelineRig plain(false);
  const auto expected = plainly(plain, requests);
  check_same(plain.run(requests), expected);
  using Switch = void (*)(InferencePipelineConfig&);
  const Switch switches[] = {
      [](InferencePipelineConfig& config) { config.variable_batch_size = false; },
      [](InferencePipelineConfig& config) { config.enable_async_io = false; },
      [](InferencePipelineConfig& config) { config.enable_tensor_caching = false; },
      [](InferencePipelineConfig& config) { config.enable_model_caching = false; },
      [](InferencePipelineConfig& config) { config.enable_prefetching = false; },
      [](InferencePipelineConfig& config) { config.enable_pinned_memory = false; },
      [](InferencePipelineConfig& config) { config.enable_async_transfers = false; },
      [](InferencePipelineConfig& config) { config.load_balancing = false; },
      [](InferencePipelineConfig& config) { config.enable_continuous_batching = true; },
      [](InferencePipelineConfig& config) { config.enable_kv_offload = false; },
      [](InferencePipelineConfig& config) { config.max_batch_size = 1; },
      [](InferencePipelineConfig& config) { config.kinds.fill(false); },
  };
  InferencePipelineConfig all_off;
  for (const Switch off : switches) {
    InferencePipelineConfig config;
    off(config);
    off(all_off);
    PipelineRig rig(true, config);
    check_same(rig.run(requests), expected);
    check_same(rig.run(requests), expected);
  }
  PipelineRig rig(true, all_off);
  check_same(rig.run(requests), expected);
  CHECK(rig.pipeline->get_pipeline_stats().stages.overlapped.count() == 0);
}

TEST_CASE("a cache that is too small for the work still gives the same answers") {
  PipelineRig rig(true, {}, kKiB * 256);
  const auto requests = chats(6, 4);
  const auto expected = plainly(rig, requests);
  for (int round = 0; round < 3; ++round) check_same(rig.run(requests), expected);
}

TEST_CASE("a request that only reads goes on from hidden states") {
  PipelineRig rig(true);
  std::vector<AsyncMultimodalRequest> requests = chats(3, 1);
  for (AsyncMultimodalRequest& request : requests) request.max_new_tokens = 0;
  const auto expected = plainly(rig, requests);
  check_same(rig.run(requests), expected);
  check_same(rig.run(requests), expected);
}

TEST_CASE("warm vision outputs save the tower") {
  InferencePipelineConfig config;
  config.kinds.fill(false);
  config.kinds[static_cast<std::size_t>(ArtefactKind::kVisionEncoderOutput)] = true;
  PipelineRig rig(true, config);
  const auto requests = chats(3, 1);  // two with one picture each
  static_cast<void>(rig.run(requests));
  rig.pipeline->reset_stats();
  const auto warm = rig.run(requests);
  const InferenceCounts::Values counts = rig.pipeline->get_pipeline_stats().inference;
  CHECK(counts.images == 2);
  CHECK(counts.encoded == 0);
  CHECK(warm[1].cache.served[static_cast<std::size_t>(ArtefactKind::kVisionEncoderOutput)] == 1);
  CHECK(warm[1].cache.images_encoded == 0);
}

TEST_CASE("the same picture in one batch goes through the tower once") {
  InferencePipelineConfig config;
  PipelineRig rig(true, config);
  std::vector<AsyncMultimodalRequest> requests(3);
  for (std::size_t i = 0; i < 3; ++i) {
    requests[i].id = i;
    requests[i].parts.emplace_back(TextContentPart{.content = derive_key(hash_key("q"), i), .tokens = 3});
    requests[i].parts.emplace_back(
        ImageContentPart{.content = hash_key("one"), .size = {.width = 64, .height = 64}});
  }
  const auto expected = plainly(rig, requests);
  const auto results = rig.run(requests);
  for (std::size_t i = 0; i < 3; ++i) CHECK(results[i].tokens == expected[i].tokens);
  CHECK(rig.pipeline->get_pipeline_stats().inference.encoded == 1);
  // Nor does it count as made twice where its output is all that is kept.
  config.kinds.fill(false);
  config.kinds[static_cast<std::size_t>(ArtefactKind::kVisionEncoderOutput)] = true;
  PipelineRig outputs(true, config);
  static_cast<void>(outputs.run(requests));
  const PipelineStats stats = outputs.pipeline->get_pipeline_stats();
  CHECK(stats.inference.encoded == 1);
  CHECK(stats.caching.computed_twice == 0);
}

TEST_CASE("a bad request fails alone") {
  PipelineRig rig(true);
  std::vector<AsyncMultimodalRequest> requests = chats(4, 1);
  requests[1].parts = {ImageFilePart{.path = "/nowhere/at/all.png"}};
  requests[2].parts.clear();
  requests[3].parts.emplace_back(TextContentPart{.content = {}, .tokens = 10'000'000});
  const auto results = rig.run(requests);
  CHECK(results[0].ok());
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(results[i].status == RequestStatus::kFailed);
    CHECK(results[i].error.starts_with("request " + std::to_string(i) + ": "));
  }
  CHECK(results[1].error.find("/nowhere/at/all.png") != std::string::npos);
}

TEST_CASE("cancelled and late requests end as such") {
  PipelineRig rig(true);
  std::vector<AsyncMultimodalRequest> requests = chats(3, 1);
  requests[0].cancellation.cancel();
  requests[1].deadline = Nanoseconds{1};
  const auto results = rig.run(requests);
  CHECK(results[0].status == RequestStatus::kCancelled);
  CHECK(results[1].status == RequestStatus::kExpired);
  CHECK(results[2].ok());
}

TEST_CASE("several threads execute batches that ask for the same things at the same time") {
  PipelineRig rig(true);
  const auto requests = chats(6, 3);
  const auto expected = plainly(rig, requests);
  std::vector<std::vector<AsyncMultimodalResult>> results(3);
  std::vector<std::thread> threads;
  for (auto& mine : results) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < requests.size(); i += 2) {
        const BatchItem items[] = {{.request = &requests[i], .submitted = {}},
                                   {.request = &requests[i + 1], .submitted = {}}};
        for (AsyncMultimodalResult& result : rig.pipeline->execute(items)) mine.push_back(std::move(result));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : results) check_same(mine, expected);
}

TEST_CASE("after a stop requests end with an error, and nothing hangs") {
  PipelineRig rig(true);
  const auto requests = chats(4, 2);
  rig.pipeline->stop();
  const auto results = rig.run(requests);
  REQUIRE(results.size() == requests.size());
  for (const AsyncMultimodalResult& result : results) {
    CHECK(result.status == RequestStatus::kFailed);
    CHECK(result.error.find("the pipeline was stopped") != std::string::npos);
  }
}

TEST_CASE("an empty workload gives nothing") {
  PipelineRig rig(false);
  CHECK(rig.run({}).empty());
}

namespace {

InferencePipelineConfig continuous() {
  InferencePipelineConfig config;
  config.enable_continuous_batching = true;
  return config;
}

std::vector<BatchItem> items_of(const std::vector<AsyncMultimodalRequest>& requests) {
  std::vector<BatchItem> items;
  for (const AsyncMultimodalRequest& request : requests)
    items.push_back({.request = &request, .submitted = {}});
  return items;
}

// Hands in the rest of its requests one by one, each when another has ended.
class OneByOne final : public BatchFeed {
 public:
  OneByOne(const std::vector<AsyncMultimodalRequest>& requests, std::size_t begun)
      : results(requests.size()), items_(items_of(requests)), next_(begun) {}
  void finish(std::size_t index, AsyncMultimodalResult result) override {
    order.push_back(index);
    results.at(index) = std::move(result);
  }
  [[nodiscard]] std::vector<BatchItem> join() override {
    if (next_ == items_.size()) return {};
    return {items_[next_++]};
  }
  [[nodiscard]] std::vector<BatchItem> first() const { return {items_.begin(), items_.begin() + 2}; }
  std::vector<AsyncMultimodalResult> results;
  std::vector<std::size_t> order;

 private:
  std::vector<BatchItem> items_;
  std::size_t next_;
};

std::vector<AsyncMultimodalRequest> long_answers() {
  std::vector<AsyncMultimodalRequest> requests = chats(6, 1);
  for (AsyncMultimodalRequest& request : requests) {
    request.max_new_tokens = 30;
    request.priority = static_cast<std::int32_t>(request.id % 3);
  }
  return requests;
}

}  // namespace

TEST_CASE("requests join the batch that is decoding, and their answers are the same") {
  PipelineRig rig(true, continuous());
  std::vector<AsyncMultimodalRequest> requests = chats(6, 3);
  requests[0].max_new_tokens = 200;  // may run while the others come and go
  const auto expected = plainly(rig, requests);
  OneByOne feed(requests, 2);
  rig.pipeline->execute_feeding(feed.first(), feed);
  check_same(feed.results, expected);
  CHECK(feed.order.size() == requests.size());
  const InferenceCounts::Values counts = rig.pipeline->get_pipeline_stats().inference;
  CHECK(counts.requests == requests.size());
  check_same(rig.pipeline->execute(items_of(requests)), expected);
}

TEST_CASE("sequences make room for one another in the stages too, and the answers are the same") {
  const std::vector<AsyncMultimodalRequest> requests = long_answers();
  PipelineRig roomy(false);
  const auto expected = plainly(roomy, requests);
  for (const bool joins : {false, true}) {
    for (const std::uint64_t kv_tokens : {130U, 200U, 300U}) {
      CAPTURE(joins);
      CAPTURE(kv_tokens);
      InferencePipelineConfig config;
      config.enable_continuous_batching = joins;
      PipelineRig rig(true, config, kMiB * 16, {.kv_tokens = kv_tokens});
      check_same(rig.run(requests), expected);
      check_same(rig.run(requests), expected);
      if (joins) continue;  // how many are there at a time depends on who is prepared when
      const OffloadCounts offload = rig.pipeline->get_pipeline_stats().offload;
      CHECK(offload.parked > 0);
      CHECK(offload.returned > Bytes{0});
      config.enable_kv_offload = false;
      rig.make_pipeline(config);
      std::size_t failed = 0;
      for (const AsyncMultimodalResult& result : rig.run(requests)) failed += result.ok() ? 0U : 1U;
      CHECK(failed > 0);  // the pressure is real
    }
  }
}

TEST_CASE("keys and values that the cache does not take are computed again, pictures and all") {
  const std::vector<AsyncMultimodalRequest> requests = long_answers();
  PipelineRig roomy(false);
  const auto expected = plainly(roomy, requests);
  InferencePipelineConfig config;
  config.kinds.fill(false);
  config.kinds[static_cast<std::size_t>(ArtefactKind::kTextImagePair)] = true;
  PipelineRig rig(true, config, kKiB * 64, {.kv_tokens = 150});
  for (int round = 0; round < 3; ++round) check_same(rig.run(requests), expected);
  CHECK(rig.pipeline->get_pipeline_stats().offload.parked > 0);
}

TEST_CASE("a fusion output stands for its pictures: no tower, no vision output") {
  PipelineRig rig(true);
  std::vector<AsyncMultimodalRequest> requests = chats(3, 1);
  for (AsyncMultimodalRequest& request : requests) request.max_new_tokens = 1;
  InferencePipelineConfig config;
  config.kinds.fill(false);
  config.kinds[static_cast<std::size_t>(ArtefactKind::kFusionOutput)] = true;
  rig.make_pipeline(config);
  const auto expected = plainly(rig, requests);
  check_same(rig.run(requests), expected);
  rig.pipeline->reset_stats();
  const auto warm = rig.run(requests);
  check_same(warm, expected);
  const PipelineStats stats = rig.pipeline->get_pipeline_stats();
  CHECK(stats.inference.images == 2);
  CHECK(stats.inference.encoded == 0);
  CHECK(stats.caching.served[static_cast<std::size_t>(ArtefactKind::kFusionOutput)] == 2);
  // With vision outputs kept as well, they are not fetched either.
  rig.make_pipeline({});
  check_same(rig.run(requests), expected);
  rig.pipeline->reset_stats();
  InferencePipelineConfig no_blocks;
  no_blocks.kinds[static_cast<std::size_t>(ArtefactKind::kKvBlock)] = false;
  no_blocks.kinds[static_cast<std::size_t>(ArtefactKind::kCrossModalAttention)] = false;
  rig.make_pipeline(no_blocks);
  check_same(rig.run(requests), expected);
  const CachingStats caching = rig.pipeline->get_pipeline_stats().caching;
  CHECK(caching.served[static_cast<std::size_t>(ArtefactKind::kFusionOutput)] == 2);
  CHECK(caching.served[static_cast<std::size_t>(ArtefactKind::kVisionEncoderOutput)] == 0);
}

TEST_CASE("a bad request fails alone where requests join, and cancelled ones leave") {
  PipelineRig rig(true, continuous());
  std::vector<AsyncMultimodalRequest> requests = chats(6, 1);
  requests[1].parts = {ImageFilePart{.path = "/nowhere/at/all.png"}};
  requests[2].parts.clear();
  requests[3].max_new_tokens = 1000;
  requests[3].on_token = [&](const StreamedToken& token) {
    if (token.index == 5) requests[3].cancellation.cancel();
  };
  const auto results = rig.run(requests);
  CHECK(results[0].ok());
  CHECK(results[1].status == RequestStatus::kFailed);
  CHECK(results[2].status == RequestStatus::kFailed);
  CHECK(results[3].status == RequestStatus::kCancelled);
  CHECK(results[3].tokens.size() == 6);
  CHECK(results[4].ok());
  CHECK(results[5].ok());
}

TEST_CASE("a stop while batches are computed ends every request, and whoever comes later fails at once") {
  for (const bool joins : {false, true}) {
    InferencePipelineConfig config;
    config.enable_continuous_batching = joins;
    PipelineRig rig(true, config);
    std::vector<AsyncMultimodalRequest> requests = chats(12, 2);
    std::atomic<int> tokens{0};
    std::atomic<bool> over{false};  // also where requests fail before there are so many tokens
    for (AsyncMultimodalRequest& request : requests) {
      request.max_new_tokens = 40;
      request.on_token = [&](const StreamedToken&) { ++tokens; };
    }
    std::thread stopper([&] {
      while (tokens < 30 && !over) std::this_thread::yield();
      rig.pipeline->stop();
    });
    const auto results = rig.run(requests);
    over = true;
    stopper.join();
    REQUIRE(results.size() == requests.size());
    // How many were done by then depends on the threads; nobody hangs, and nobody ends otherwise.
    for (const AsyncMultimodalResult& result : results) {
      if (!result.ok()) CHECK(result.error.find("the pipeline was stopped") != std::string::npos);
    }
    CHECK(rig.pipeline->execute(items_of(requests)).front().error.find("stopped") != std::string::npos);
  }
}

TEST_CASE("batches computed at the same time wait for one another's room; one too large fails alone") {
  std::vector<AsyncMultimodalRequest> requests = long_answers();
  for (int copy = 0; copy < 2; ++copy) {
    for (AsyncMultimodalRequest request : long_answers()) {
      request.id = requests.size();
      requests.push_back(std::move(request));
    }
  }
  PipelineRig roomy(false);
  const auto expected = plainly(roomy, requests);
  for (const bool cached : {true, false}) {
    CAPTURE(cached);
    InferencePipelineConfig config;
    config.workers.compute = 3;
    config.max_batch_size = 2;
    PipelineRig rig(cached, config, kMiB * 16, {.kv_tokens = 150});
    for (int round = 0; round < 3; ++round) check_same(rig.run(requests), expected);
    std::vector<AsyncMultimodalRequest> with_one_too_large = requests;
    with_one_too_large[4].max_new_tokens = 1000;
    const auto results = rig.run(with_one_too_large);
    REQUIRE(results.size() == requests.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      INFO("request " << i << ": " << results[i].error);
      CHECK(results[i].ok() == (i != 4));
      if (i == 4) CHECK(results[i].error.find("no room for keys and values") != std::string::npos);
      if (i != 4) CHECK(results[i].tokens == expected[i].tokens);
    }
  }
}

TEST_CASE("where the loader throws, nobody leaves before the requests that it gave have ended") {
  for (const bool joins : {false, true}) {
    InferencePipelineConfig config;
    config.enable_continuous_batching = joins;
    config.max_batch_size = 1;
    config.variable_batch_size = false;
    PipelineRig rig(true, config);
    std::atomic<int> tokens{0};
    int asked = 0;
    const auto loader = [&] {
      if (++asked > 2) throw std::runtime_error("the list ends in the middle of a line");
      std::vector<AsyncMultimodalRequest> next = {chats(1, 1).front()};
      next.front().max_new_tokens = 50;
      next.front().on_token = [&](const StreamedToken&) { ++tokens; };
      return next;
    };
    CHECK_THROWS_AS(static_cast<void>(rig.pipeline->run_batch_inference(loader)), std::runtime_error);
    CHECK(tokens == 100);
  }
}

TEST_CASE("where the feed throws, nobody leaves before its requests have ended") {
  class Breaks final : public BatchFeed {
   public:
    void finish(std::size_t, AsyncMultimodalResult) override { throw std::runtime_error("no more of this"); }
    [[nodiscard]] std::vector<BatchItem> join() override { return {}; }
  };
  PipelineRig rig(true, continuous());
  std::vector<AsyncMultimodalRequest> requests = chats(3, 1);
  std::atomic<std::uint64_t> tokens{0};
  for (AsyncMultimodalRequest& request : requests) {
    request.max_new_tokens = 1 + 40 * request.id;
    request.on_token = [&](const StreamedToken&) { ++tokens; };
  }
  Breaks feed;
  CHECK_THROWS_AS(rig.pipeline->execute_feeding(items_of(requests), feed), std::runtime_error);
  CHECK(tokens == 1 + 41 + 81);
}

TEST_CASE("a workload ends with its own requests, whatever else is under way") {
  InferencePipelineConfig config;
  config.workers.compute = 2;
  config.enable_kv_offload = false;
  PipelineRig rig(false, config);
  AsyncMultimodalRequest other = chats(1, 1).front();
  std::atomic<bool> begun{false};
  std::atomic<bool> may_end{false};
  other.on_token = [&](const StreamedToken&) {
    begun = true;
    while (!may_end) std::this_thread::yield();
  };
  std::thread another([&] { static_cast<void>(rig.pipeline->execute(items_of({other}))); });
  while (!begun) std::this_thread::yield();
  CHECK(rig.run(chats(2, 1)).size() == 2);
  may_end = true;
  another.join();
}

TEST_CASE("what is counted anew is counted from nothing: keys and values that made room, too") {
  const std::vector<AsyncMultimodalRequest> requests = long_answers();
  PipelineRig rig(true, {}, kMiB * 16, {.kv_tokens = 130});
  static_cast<void>(rig.run(requests));
  REQUIRE(rig.pipeline->get_pipeline_stats().offload.parked > 0);
  rig.pipeline->reset_stats();
  const OffloadCounts counts = rig.pipeline->get_pipeline_stats().offload;
  CHECK(counts.parked == 0);
  CHECK(counts.resumed == 0);
  CHECK(counts.offered == Bytes{0});
  CHECK(counts.returned == Bytes{0});
}

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/decode_loop.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "pipeline/small_cache.h"
#include "pipeline/stages/compute_bench.h"

using namespace cachebench;
using namespace cachebench::pipeline;

TEST_CASE("threads that bring requests share one batch, and each leaves with its own") {
  ComputeBench bench;
  std::vector<AsyncMultimodalRequest> requests = chats(12, 1);
  for (AsyncMultimodalRequest& request : requests) request.max_new_tokens = 1 + 7 * (request.id % 5);
  const auto alone = bench.answers_alone(requests);
  DecodeLoop loop(*bench.context, 3);
  std::vector<std::unique_ptr<InferenceMember>> members;
  for (const AsyncMultimodalRequest& request : requests) members.push_back(bench.prepared(request));
  std::vector<std::thread> threads;
  for (auto& member : members) {
    threads.emplace_back([&loop, &member] {
      InferenceMember* const one = member.get();
      loop.compute(std::span(&one, 1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t tokens = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    REQUIRE(members[i]->running.ended());
    CHECK(members[i]->running.result().tokens == alone[i]);
    tokens += alone[i].size() - 1;
  }
  const InferenceCounts::Values counts = bench.counts.values();
  CHECK(counts.decoded_tokens == tokens);
  CHECK(counts.decode.count() * 3 >= tokens);  // never more than three at a time
}

TEST_CASE("several members of one thread, and none at all") {
  ComputeBench bench;
  const std::vector<AsyncMultimodalRequest> requests = chats(5, 1);
  const auto alone = bench.answers_alone(requests);
  std::vector<std::unique_ptr<InferenceMember>> members;
  std::vector<InferenceMember*> mine;
  for (const AsyncMultimodalRequest& request : requests) {
    members.push_back(bench.prepared(request));
    mine.push_back(members.back().get());
  }
  DecodeLoop loop(*bench.context, 2);
  loop.compute(mine);
  for (std::size_t i = 0; i < mine.size(); ++i) CHECK(mine[i]->running.result().tokens == alone[i]);
  CHECK(bench.counts.values().joined > 0);
  loop.compute({});
}

TEST_CASE("a request that is cancelled before it joins never does") {
  ComputeBench bench;
  const std::vector<AsyncMultimodalRequest> requests = chats(2, 1);
  const auto member = bench.prepared(requests[0]);
  requests[0].cancellation.cancel();
  DecodeLoop loop(*bench.context, 2);
  InferenceMember* const one = member.get();
  loop.compute(std::span(&one, 1));
  CHECK(member->running.result().status == RequestStatus::kCancelled);
  CHECK(bench.counts.values().decoded_tokens == 0);
}

TEST_CASE("whoever has no room in the loop waits in the cache, and the answers are the same") {
  std::vector<AsyncMultimodalRequest> requests = chats(6, 1);
  for (AsyncMultimodalRequest& request : requests) request.max_new_tokens = 30;
  const auto alone = ComputeBench().answers_alone(requests);
  ComputeBench bench({.kv_tokens = 200});
  const auto cache = small_cache(kMiB * 64);
  KvOffload offload(cache->manager(), bench.rig.runner->geometry(), 16);
  bench.context->offload = &offload;
  std::vector<std::unique_ptr<InferenceMember>> members;
  std::vector<InferenceMember*> mine;
  for (const AsyncMultimodalRequest& request : requests) {
    members.push_back(bench.prepared(request));
    mine.push_back(members.back().get());
  }
  DecodeLoop loop(*bench.context, 6);
  loop.compute(mine);
  for (std::size_t i = 0; i < mine.size(); ++i) {
    CHECK(mine[i]->running.result().error == "");
    CHECK(mine[i]->running.result().tokens == alone[i]);
  }
  CHECK(offload.counts().parked > 0);
}

TEST_CASE("mixed lengths take fewer steps where requests join than in batches as a whole") {
  std::vector<AsyncMultimodalRequest> requests = chats(8, 4);
  for (AsyncMultimodalRequest& request : requests) request.max_new_tokens = request.id % 8 == 0 ? 64 : 4;
  ComputeBench bench;
  std::vector<std::unique_ptr<InferenceMember>> members;
  std::vector<InferenceMember*> whole;
  std::vector<InferenceMember*> joining;
  for (auto* list : {&whole, &joining}) {
    for (const AsyncMultimodalRequest& request : requests) {
      members.push_back(bench.prepared(request));
      list->push_back(members.back().get());
    }
  }
  for (std::size_t at = 0; at < whole.size(); at += 8) {
    ComputeRun run(*bench.context);
    run.admit(std::span<InferenceMember* const>(whole).subspan(at, 8));
    while (run.active() > 0) run.step();
  }
  CHECK(bench.counts.values().decode.count() == 4 * 63);
  CHECK(bench.counts.values().decoded_tokens == 4 * 63 + 28 * 3);
  bench.counts.update([](InferenceCounts::Values& values) { values = {}; });
  DecodeLoop(*bench.context, 8).compute(joining);
  CHECK(bench.counts.values().decode.count() < 4 * 63 / 2);
  CHECK(bench.counts.values().decoded_tokens == 4 * 63 + 28 * 3);
  CHECK(bench.counts.values().joined == 24);
  for (std::size_t i = 0; i < whole.size(); ++i)
    CHECK(whole[i]->running.result().tokens == joining[i]->running.result().tokens);
}

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/kv_offload.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/registry.h"
#include "pipeline/direct_executor.h"
#include "pipeline/fake_runner.h"
#include "pipeline/small_cache.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

std::unique_ptr<model::ModelRunner> modelled(std::uint64_t kv_tokens) {
  model::RunnerOptions options;
  options.kv_tokens = kv_tokens;
  return Registry<model::RunnerDescriptor>::instance().at("modelled", "runner").make(options);
}

std::unique_ptr<model::Sequence> sequence_of(model::ModelRunner& runner, std::uint64_t tokens,
                                             std::uint64_t from = 10) {
  model::PromptTokens prompt;
  for (std::uint64_t i = 0; i < tokens; ++i) prompt.ids.push_back(static_cast<std::int64_t>(from + i % 20));
  const std::vector<model::PrefillItem> items{{.prompt = &prompt, .ready = {}, .wanted = {}}};
  return std::move(runner.prefill(items).at(0).sequence);
}

bool same_bytes(const SharedTensor& a, const SharedTensor& b) {
  return a.meta() == b.meta() && std::ranges::equal(a.view().data, b.view().data);
}

std::vector<AsyncMultimodalRequest> long_answers() {
  std::vector<AsyncMultimodalRequest> requests;
  for (std::uint64_t i = 0; i < 6; ++i) {
    requests.push_back(text_request(i, 10 + 7 * i, 30));
    requests.back().stop_at_end = false;
    requests.back().priority = static_cast<std::int32_t>(i % 3);
    if (i == 2) requests.back().parts.emplace_back(ImageContentPart{.content = {1, i}, .size = {64, 64}});
  }
  return requests;
}

std::vector<AsyncMultimodalResult> answers(model::ModelRunner& runner, KvOffload* offload,
                                           const std::vector<AsyncMultimodalRequest>& requests) {
  const VirtualClock clock;
  DirectExecutor executor(runner, clock, {.contents = {}, .offload = offload});
  std::vector<BatchItem> items;
  for (const AsyncMultimodalRequest& request : requests) items.push_back({.request = &request});
  return executor.execute(items);
}

}  // namespace

TEST_CASE("what is parked comes back block by block, and leaves nothing behind") {
  const auto runner = modelled(1000);
  const auto cache = small_cache(kMiB * 64);
  KvOffload offload(cache->manager(), runner->geometry(), 16);
  const auto sequence = sequence_of(*runner, 40);
  ParkedKv parked = offload.park(*sequence);
  REQUIRE(parked.blocks.size() == 3);
  const std::vector<SharedTensor> blocks = offload.fetch(parked);
  REQUIRE(blocks.size() == 3);
  CHECK(same_bytes(blocks[0], sequence->kv_block({.begin = 0, .end = 16})));
  CHECK(same_bytes(blocks[1], sequence->kv_block({.begin = 16, .end = 32})));
  CHECK(same_bytes(blocks[2], sequence->kv_block({.begin = 32, .end = 40})));
  CHECK(offload.fetch(parked).empty());
  const OffloadCounts counts = offload.counts();
  CHECK(counts.parked == 1);
  CHECK(counts.offered == runner->geometry().kv(40).bytes());
  CHECK(counts.taken == counts.offered);
  CHECK(counts.returned == counts.offered);
}

TEST_CASE("where the cache gave up a block, those before it are what is left") {
  const auto runner = modelled(1000);
  const auto cache = small_cache(kMiB * 64);
  KvOffload offload(cache->manager(), runner->geometry(), 16);
  const auto sequence = sequence_of(*runner, 64);
  ParkedKv parked = offload.park(*sequence);
  REQUIRE(parked.blocks.size() == 4);
  CHECK(cache->manager().erase(parked.blocks[2].key));
  CHECK(offload.fetch(parked).size() == 2);
}

TEST_CASE("a cache too small takes what it takes, and two sequences are never mistaken for one another") {
  const auto runner = modelled(1000);
  const Bytes block = runner->geometry().kv(16).bytes();
  const auto cache = small_cache(Bytes{block.value / 2});
  KvOffload nothing(cache->manager(), runner->geometry(), 16);
  CHECK(nothing.park(*sequence_of(*runner, 64)).blocks.empty());

  const auto roomy = small_cache(kMiB * 64);
  KvOffload offload(roomy->manager(), runner->geometry(), 16);
  const auto one = sequence_of(*runner, 16);
  const auto other = sequence_of(*runner, 16);
  const ParkedKv parked_one = offload.park(*one);
  const ParkedKv parked_other = offload.park(*other);
  CHECK(parked_one.blocks[0].key != parked_other.blocks[0].key);
  offload.forget(parked_one);
  CHECK(offload.fetch(parked_one).empty());
  CHECK(offload.fetch(parked_other).size() == 1);
}

TEST_CASE("answers are the same when sequences have to make room for one another") {
  const auto requests = long_answers();
  const auto roomy = modelled(10000);
  const auto expected = answers(*roomy, nullptr, requests);
  for (const AsyncMultimodalResult& result : expected) REQUIRE(result.ok());

  for (const std::uint64_t kv_tokens : {110U, 150U, 220U}) {
    CAPTURE(kv_tokens);
    const auto tight = modelled(kv_tokens);
    std::size_t failed = 0;
    for (const AsyncMultimodalResult& result : answers(*tight, nullptr, requests))
      failed += result.ok() ? 0U : 1U;
    CHECK(failed > 0);  // the pressure is real
    const auto cache = small_cache(kMiB * 64);
    KvOffload offload(cache->manager(), tight->geometry(), 16);
    const auto results = answers(*tight, &offload, requests);
    for (std::size_t i = 0; i < results.size(); ++i) {
      CHECK(results[i].error == "");
      CHECK(results[i].tokens == expected[i].tokens);
    }
    CHECK(offload.counts().parked > 0);
    CHECK(offload.counts().returned > Bytes{0});
    // All pages are free again.
    CHECK(sequence_of(*tight, kv_tokens) != nullptr);
  }
}

TEST_CASE("what the cache does not keep is computed again") {
  const auto requests = long_answers();
  const auto expected = answers(*modelled(10000), nullptr, requests);
  const auto tight = modelled(150);
  const auto cache = small_cache(Bytes{1000});
  KvOffload offload(cache->manager(), tight->geometry(), 16);
  const auto results = answers(*tight, &offload, requests);
  for (std::size_t i = 0; i < results.size(); ++i) CHECK(results[i].tokens == expected[i].tokens);
  CHECK(offload.counts().parked > 0);
  CHECK(offload.counts().taken == Bytes{0});
}

TEST_CASE("a request that has no room alone fails, and the others go on") {
  const auto tight = modelled(50);
  const auto cache = small_cache(kMiB * 64);
  KvOffload offload(cache->manager(), tight->geometry(), 16);
  const auto results =
      answers(*tight, &offload, {text_request(1, 60), text_request(2, 20), text_request(3, 30, 40)});
  CHECK(results[0].error.find("no room for keys and values") != std::string::npos);
  CHECK(results[1].status == RequestStatus::kOk);
  CHECK(results[2].status == RequestStatus::kFailed);  // 70 tokens in the end
}

TEST_CASE("a request that is cancelled while it waits for room ends, and what was kept of it goes") {
  const auto tight = modelled(60);
  const auto cache = small_cache(kMiB * 64);
  KvOffload offload(cache->manager(), tight->geometry(), 16);
  std::vector<AsyncMultimodalRequest> requests{text_request(1, 20, 30), text_request(2, 20, 30)};
  for (AsyncMultimodalRequest& request : requests) request.stop_at_end = false;
  requests[0].on_token = [&](const StreamedToken& token) {
    if (token.index == 20) requests[1].cancellation.cancel();  // the second has left the runner by now
  };
  const auto results = answers(*tight, &offload, requests);
  CHECK(results[0].ok());
  CHECK(results[1].status == RequestStatus::kCancelled);
  CHECK(results[1].tokens.size() < 20);
  CHECK(offload.counts().parked == 1);
  CHECK(offload.counts().resumed == 0);
  CHECK(offload.counts().returned == Bytes{0});
}

TEST_CASE("parking and reading back are no accesses: hit ratios speak of artefacts") {
  const auto runner = modelled(1000);
  const auto cache = small_cache(kMiB * 64);
  KvOffload offload(cache->manager(), runner->geometry(), 16);
  const auto sequence = sequence_of(*runner, 40);
  const ParkedKv parked = offload.park(*sequence);
  REQUIRE(parked.blocks.size() == 3);
  CHECK(cache->manager().erase(parked.blocks[1].key));
  CHECK(offload.fetch(parked).size() == 1);
  const cache::CacheCounters counted = cache->manager().counters();
  CHECK(counted.accesses == 0);
  CHECK(counted.hits == 0);
  CHECK(counted.misses == 0);
  for (const cache::TierCounters& tier : counted.tiers) CHECK(tier.accesses == 0);
}

TEST_CASE("what another left under the same name is never taken for a sequence's own") {
  const auto runner = modelled(1000);
  const auto cache = small_cache(kMiB * 64);
  const auto one = sequence_of(*runner, 40);
  const auto other = sequence_of(*runner, 40, 100);
  REQUIRE_FALSE(same_bytes(one->kv_block({.begin = 0, .end = 16}), other->kv_block({.begin = 0, .end = 16})));
  const auto is_of = [](const std::vector<SharedTensor>& blocks, const model::Sequence& sequence) {
    return blocks.size() == 3 && same_bytes(blocks[0], sequence.kv_block({.begin = 0, .end = 16})) &&
           same_bytes(blocks[2], sequence.kv_block({.begin = 32, .end = 40}));
  };
  // A process that was killed before its sequence went on, and the next one on the store that it kept.
  KvOffload killed(cache->manager(), runner->geometry(), 16, 7);
  CHECK(killed.park(*one).blocks.size() == 3);
  KvOffload next(cache->manager(), runner->geometry(), 16, 7);
  ParkedKv parked = next.park(*other);
  CHECK(is_of(next.fetch(parked), *other));
  // Two at the same time.
  KvOffload first(cache->manager(), runner->geometry(), 16);
  KvOffload second(cache->manager(), runner->geometry(), 16);
  ParkedKv in_first = first.park(*one);
  ParkedKv in_second = second.park(*other);
  CHECK(is_of(first.fetch(in_first), *one));
  CHECK(is_of(second.fetch(in_second), *other));
}

TEST_CASE("counting anew says nothing of what was parked before, and mistakes no sequence for another") {
  const auto runner = modelled(1000);
  const auto cache = small_cache(kMiB * 64);
  KvOffload offload(cache->manager(), runner->geometry(), 16);
  const auto one = sequence_of(*runner, 16);
  const auto other = sequence_of(*runner, 16, 100);
  const ParkedKv parked = offload.park(*one);
  offload.reset_counts();
  CHECK(offload.counts().parked == 0);
  CHECK(offload.counts().taken == Bytes{0});
  const ParkedKv later = offload.park(*other);
  CHECK(offload.counts().parked == 1);
  CHECK(later.blocks.at(0).key != parked.blocks.at(0).key);
  CHECK(same_bytes(offload.fetch(parked).at(0), one->kv_block({.begin = 0, .end = 16})));
  CHECK(offload.counts().returned == runner->geometry().kv(16).bytes());
}

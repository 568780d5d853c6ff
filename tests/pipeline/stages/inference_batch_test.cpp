// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/inference_batch.h"

#include <doctest/doctest.h>

#include <exception>
#include <stdexcept>
#include <vector>

#include "pipeline/stages/stage_bench.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

std::vector<BatchItem> items_of(const std::vector<AsyncMultimodalRequest>& requests) {
  std::vector<BatchItem> items;
  for (const AsyncMultimodalRequest& request : requests)
    items.push_back({.request = &request, .submitted = {}});
  return items;
}

}  // namespace

TEST_CASE("a batch hands out one result a request, in order, at its end") {
  StageBench bench(true);
  const auto requests = chats(3, 1);
  const auto items = items_of(requests);
  std::vector<AsyncMultimodalResult> results;
  InferenceBatch batch(*bench.context, items, [&](auto all) { results = std::move(all); });
  for (std::size_t stage = 0; stage < 4; ++stage) {
    batch.run(stage);
    CHECK(results.empty());
  }
  batch.end(nullptr);
  REQUIRE(results.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(results[i].ok());
    CHECK(results[i].id == i);
    CHECK(results[i].tokens.size() == requests[i].max_new_tokens);
    CHECK(results[i].timings.token_times.size() == results[i].tokens.size());
  }
  CHECK(bench.counts.values().requests == 3);
  CHECK(bench.counts.values().real_tokens <= bench.counts.values().padded_tokens);
}

TEST_CASE("a batch that is given up fails its requests and lets go of what it promised") {
  StageBench bench(true);
  const auto requests = chats(2, 1);
  const auto items = items_of(requests);
  std::vector<AsyncMultimodalResult> results;
  InferenceBatch first(*bench.context, items, [&](auto all) { results = std::move(all); });
  first.run(kLoadStage);  // owns the computation of everything now
  InferenceBatch second(*bench.context, items, [&](auto all) { results = std::move(all); });
  second.run(kLoadStage);  // would wait for it
  first.end(std::make_exception_ptr(std::runtime_error("pulled the plug")));
  REQUIRE(results.size() == 2);
  CHECK(results[0].status == RequestStatus::kFailed);
  CHECK(results[0].error.find("pulled the plug") != std::string::npos);
  for (std::size_t stage = 1; stage < 4; ++stage) second.run(stage);
  second.end(nullptr);
  CHECK(results[0].ok());
  CHECK(results[1].ok());
}

TEST_CASE("what another batch is computing is computed here too, and nobody waits") {
  StageBench bench(true);
  const auto requests = chats(2, 1);
  const auto items = items_of(requests);
  std::vector<AsyncMultimodalResult> early;
  std::vector<AsyncMultimodalResult> late;
  InferenceBatch first(*bench.context, items, [&](auto all) { late = std::move(all); });
  InferenceBatch second(*bench.context, items, [&](auto all) { early = std::move(all); });
  first.run(kLoadStage);
  for (std::size_t stage = 0; stage < 4; ++stage) second.run(stage);
  second.end(nullptr);
  for (std::size_t stage = 1; stage < 4; ++stage) first.run(stage);
  first.end(nullptr);
  CHECK(bench.caching.stats().computed_twice > 0);
  REQUIRE(early.size() == late.size());
  for (std::size_t i = 0; i < early.size(); ++i) {
    CHECK(early[i].ok());
    CHECK(early[i].tokens == late[i].tokens);
  }
}

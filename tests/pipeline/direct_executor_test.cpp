// SPDX-License-Identifier: Apache-2.0
#include "pipeline/direct_executor.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "pipeline/fake_runner.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

std::vector<BatchItem> items_of(const std::vector<AsyncMultimodalRequest>& requests) {
  std::vector<BatchItem> items;
  for (const AsyncMultimodalRequest& request : requests) items.push_back({.request = &request});
  return items;
}

std::vector<AsyncMultimodalResult> run(FakeRunner& runner,
                                       const std::vector<AsyncMultimodalRequest>& requests) {
  const VirtualClock clock;
  DirectExecutor executor(runner, clock);
  std::vector<AsyncMultimodalResult> results = executor.execute(items_of(requests));
  CHECK(runner.alive == 0);
  REQUIRE(results.size() == requests.size());
  for (std::size_t i = 0; i < results.size(); ++i) CHECK(results[i].id == requests[i].id);
  return results;
}

/// Lets given requests join when a step has passed.
class JoiningFeed final : public BatchFeed {
 public:
  void finish(std::size_t index, AsyncMultimodalResult result) override {
    CHECK(results.emplace(index, std::move(result)).second);
  }
  [[nodiscard]] std::vector<BatchItem> join() override {
    ++asked;
    std::vector<BatchItem> now;
    if (asked == 2) now = items_of(more);
    return now;
  }
  std::vector<AsyncMultimodalRequest> more;
  std::map<std::size_t, AsyncMultimodalResult> results;
  int asked = 0;
};

}  // namespace

TEST_CASE("a batch is one pass each of tower and prompts, and a pass for each further token") {
  FakeRunner runner;
  std::vector<AsyncMultimodalRequest> requests{ids_request(1, {11, 12}, 4), ids_request(2, {13}, 2),
                                               ids_request(3, {14}, 1)};
  requests[1].parts.emplace_back(ImageContentPart{.content = {1, 1}, .size = {64, 64}});
  requests[2].parts.emplace_back(ImageContentPart{.content = {1, 2}, .size = {64, 64}});
  const auto results = run(runner, requests);
  CHECK(runner.encode_passes == 1);
  CHECK(runner.prefill_passes == 1);
  CHECK(runner.decode_passes == 3);
  for (const AsyncMultimodalResult& result : results) CHECK(result.ok());
  CHECK(results[0].tokens == runner.answer({11, 12}, 4));
  CHECK(results[1].tokens.size() == 2);
  CHECK(results[2].tokens.size() == 1);
  CHECK(results[0].prompt_tokens == 2);
  CHECK(results[1].prompt_tokens > 2);
  CHECK(results[0].cache.images_encoded == 0);
  CHECK(results[1].cache.images_encoded == 1);
}

TEST_CASE("what a request is answered does not depend on its batch") {
  FakeRunner runner;
  std::vector<AsyncMultimodalRequest> requests;
  for (std::uint64_t i = 0; i < 9; ++i) {
    requests.push_back(ids_request(i, {static_cast<std::int64_t>(11 + i), 12}, 1 + i % 5));
    requests.back().sampling = {.temperature = 0.7, .seed = i};
  }
  const auto together = run(runner, requests);
  for (std::size_t i = 0; i < requests.size(); ++i)
    CHECK(run(runner, {requests[i]})[0].tokens == together[i].tokens);
}

TEST_CASE("bad requests of a batch fail alone") {
  FakeRunner runner({.fail_prefill = 20});
  std::vector<AsyncMultimodalRequest> requests{ids_request(1, {11}),   ids_request(2, {}),
                                               ids_request(3, {9999}), ids_request(4, {20}),
                                               ids_request(5, {12}),   ids_request(6, {13})};
  requests[4].parts.emplace_back(ImageFilePart{.path = "/no/such/image.png"});
  const auto results = run(runner, requests);
  CHECK(results[0].tokens == runner.answer({11}, 4));
  CHECK(results[1].error == "request 2: an empty prompt; at least one token");
  CHECK(results[2].error.find("token 0 of a text is 9999") != std::string::npos);
  CHECK(results[3].error == "request 4: no room for keys and values");
  CHECK(results[4].error.find("image.png") != std::string::npos);
  CHECK(results[5].tokens == runner.answer({13}, 4));
}

TEST_CASE("a pass that throws takes nobody along but who made it throw") {
  FakeRunner prefill({.throw_in_prefill = 20});
  auto results = run(prefill, {ids_request(1, {11}), ids_request(2, {20}), ids_request(3, {12})});
  CHECK(results[0].tokens == prefill.answer({11}, 4));
  CHECK(results[1].error == "request 2: prefill broke");
  CHECK(results[2].tokens == prefill.answer({12}, 4));

  const FakeRunner plain;
  const std::int64_t second = plain.answer({11}, 3)[1];
  FakeRunner decode({.throw_in_decode = second});
  results = run(decode, {ids_request(1, {11}), ids_request(2, {12})});
  CHECK(results[0].error == "request 1: decode broke");
  CHECK(results[0].tokens == plain.answer({11}, 2));
  CHECK(results[1].tokens == plain.answer({12}, 4));

  FakeRunner tower({.throw_in_encode_of_rows = 8});
  std::vector<AsyncMultimodalRequest> requests{ids_request(1, {11}), ids_request(2, {12})};
  const model::Geometry& geometry = tower.geometry();
  REQUIRE(geometry.grid_of(128, 128).height / 16 == 8);
  requests[0].parts.emplace_back(ImageContentPart{.content = {1, 1}, .size = {128, 128}});
  requests[1].parts.emplace_back(ImageContentPart{.content = {1, 1}, .size = {64, 256}});
  results = run(tower, requests);
  CHECK(results[0].error == "request 1: the tower fell");
  CHECK(results[1].ok());
}

TEST_CASE("a sequence that moved on in a pass that threw is not moved on again") {
  const FakeRunner plain;
  const std::int64_t first = plain.answer({12}, 1)[0];
  FakeRunner decode({.throw_in_decode = first, .advance_before_throw = true});
  const auto results = run(decode, {ids_request(1, {11}), ids_request(2, {12}), ids_request(3, {13})});
  CHECK(results[0].status == RequestStatus::kFailed);  // its token was lost with the pass
  CHECK(results[1].status == RequestStatus::kFailed);
  CHECK(results[2].tokens == plain.answer({13}, 4));  // was not reached
}

TEST_CASE("cancelled and late requests leave between steps") {
  FakeRunner runner;
  VirtualClock clock;
  std::vector<AsyncMultimodalRequest> requests{ids_request(1, {11}, 6), ids_request(2, {12}, 6),
                                               ids_request(3, {13}, 6)};
  requests[2].deadline = Nanoseconds{25};
  runner.before_decode = [&] {
    clock.advance(Nanoseconds{10});
    if (runner.decode_passes == 2) requests[0].cancellation.cancel();
  };
  DirectExecutor executor(runner, clock);
  const auto results = executor.execute(items_of(requests));
  CHECK(results[0].status == RequestStatus::kCancelled);
  CHECK(results[0].tokens == runner.answer({11}, 3));
  CHECK(results[1].tokens == runner.answer({12}, 6));
  CHECK(results[2].status == RequestStatus::kExpired);
  CHECK(results[2].tokens == runner.answer({13}, 4));
  CHECK(runner.alive == 0);
}

TEST_CASE("sequences join between steps, and results come as they end") {
  FakeRunner runner;
  const VirtualClock clock;
  DirectExecutor executor(runner, clock);
  const std::vector<AsyncMultimodalRequest> requests{ids_request(1, {11}, 6), ids_request(2, {12}, 1)};
  JoiningFeed feed;
  feed.more = {ids_request(3, {13}, 3), ids_request(4, {}, 3)};
  executor.execute_feeding(items_of(requests), feed);
  REQUIRE(feed.results.size() == 4);
  CHECK(feed.results.at(0).tokens == runner.answer({11}, 6));
  CHECK(feed.results.at(1).tokens == runner.answer({12}, 1));
  CHECK(feed.results.at(2).tokens == runner.answer({13}, 3));
  CHECK(feed.results.at(3).status == RequestStatus::kFailed);
  CHECK(runner.prefill_passes == 2);
  CHECK(runner.decode_passes == 5);  // the first one's; the joined two ride along
}

TEST_CASE("an empty batch is no work") {
  FakeRunner runner;
  CHECK(run(runner, {}).empty());
  CHECK(runner.prefill_passes == 0);
}

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/compute_run.h"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "pipeline/small_cache.h"
#include "pipeline/stages/compute_bench.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

struct Group {
  Group(ComputeBench& bench, const std::vector<AsyncMultimodalRequest>& requests) {
    for (const AsyncMultimodalRequest& request : requests) {
      owned.push_back(bench.prepared(request));
      members.push_back(owned.back().get());
    }
  }
  std::vector<std::unique_ptr<InferenceMember>> owned;
  std::vector<InferenceMember*> members;
};

std::vector<AsyncMultimodalRequest> answers_of(std::size_t count, std::uint64_t tokens) {
  std::vector<AsyncMultimodalRequest> requests = chats(count, 1);
  for (AsyncMultimodalRequest& request : requests) request.max_new_tokens = tokens;
  return requests;
}

}  // namespace

TEST_CASE("a request that joins between two steps gets the answer that it gets alone") {
  ComputeBench bench;
  const std::vector<AsyncMultimodalRequest> requests = answers_of(4, 9);
  const auto alone = bench.answers_alone(requests);
  Group group(bench, requests);
  ComputeRun run(*bench.context);
  for (InferenceMember* member : group.members) {
    run.admit(std::span(&member, 1));
    run.step();
    run.step();
  }
  CHECK(run.active() == 3);  // the first has its nine
  while (run.active() > 0) run.step();
  for (std::size_t i = 0; i < 4; ++i) CHECK(group.members[i]->running.result().tokens == alone[i]);
}

TEST_CASE("whoever has no room waits in the cache and goes on; all alone it fails") {
  const std::vector<AsyncMultimodalRequest> requests = answers_of(3, 30);
  const auto alone = ComputeBench().answers_alone(requests);
  ComputeBench bench({.kv_tokens = 150});
  const auto cache = small_cache(kMiB * 64);
  KvOffload offload(cache->manager(), bench.rig.runner->geometry(), 16);
  bench.context->offload = &offload;
  Group group(bench, requests);
  ComputeRun run(*bench.context);
  run.admit(group.members);
  bool waited = !run.may_grow();
  while (run.active() > 0) {
    run.step();
    waited = waited || !run.may_grow();
  }
  CHECK(waited);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(group.members[i]->running.result().error == "");
    CHECK(group.members[i]->running.result().tokens == alone[i]);
  }
  std::vector<AsyncMultimodalRequest> large = answers_of(1, 1000);
  Group lonely(bench, large);
  run.admit(lonely.members);
  while (run.active() > 0) run.step();
  CHECK(lonely.members[0]->running.result().status == RequestStatus::kFailed);
  CHECK(lonely.members[0]->running.result().error.find("no room for keys and values") != std::string::npos);
}

TEST_CASE("giving up fails those that have not ended") {
  ComputeBench bench;
  const std::vector<AsyncMultimodalRequest> requests = answers_of(2, 5);
  Group group(bench, requests);
  ComputeRun run(*bench.context);
  run.admit(group.members);
  run.fail("memory is out");
  CHECK(run.active() == 0);
  for (InferenceMember* member : group.members)
    CHECK(member->running.result().error.find("memory is out") != std::string::npos);
}

namespace {

// The model, but that every pass with the first prompt's sequence in it throws from its third step on.
class Throwing final : public model::ModelRunner {
 public:
  explicit Throwing(model::ModelRunner& inner) : inner_(inner) {}
  [[nodiscard]] const model::Geometry& geometry() const override { return inner_.geometry(); }
  [[nodiscard]] std::int64_t image_token() const override { return inner_.image_token(); }
  [[nodiscard]] std::int64_t end_token() const override { return inner_.end_token(); }
  [[nodiscard]] model::Pixels preprocess(const model::Picture& picture) override {
    return inner_.preprocess(picture);
  }
  [[nodiscard]] std::vector<model::EncodeOutcome> encode(std::span<const model::Pixels> images) override {
    return inner_.encode(images);
  }
  [[nodiscard]] std::vector<model::PrefillOutcome> prefill(
      std::span<const model::PrefillItem> items) override {
    std::vector<model::PrefillOutcome> outcomes = inner_.prefill(items);
    if (culprit_ == nullptr) culprit_ = outcomes.front().sequence.get();
    return outcomes;
  }
  [[nodiscard]] std::vector<model::DecodeOutcome> decode(std::span<const model::DecodeItem> items) override {
    for (const model::DecodeItem& item : items) {
      if (item.sequence == culprit_ && ++steps_ > 2) throw std::runtime_error("the model fell over");
    }
    return inner_.decode(items);
  }

 private:
  model::ModelRunner& inner_;
  const model::Sequence* culprit_ = nullptr;
  int steps_ = 0;
};

}  // namespace

TEST_CASE("a model that throws in the middle of a batch ends one request, and its line says so") {
  ComputeBench bench;
  const std::vector<AsyncMultimodalRequest> requests = answers_of(4, 9);
  const auto alone = bench.answers_alone(requests);
  Throwing runner(*bench.rig.runner);
  const InferenceContext context{.runner = runner,
                                 .caching = bench.caching,
                                 .io = *bench.io,
                                 .clock = bench.rig.clock,
                                 .counts = bench.counts,
                                 .sequence = &bench.sequence};
  Group group(bench, requests);
  ComputeRun run(context);
  run.admit(group.members);
  while (run.active() > 0) run.step();
  CHECK(group.members[0]->running.result().status == RequestStatus::kFailed);
  CHECK(group.members[0]->running.result().error == "request 0: the model fell over");
  CHECK(group.members[0]->running.result().tokens.size() == 3);
  for (std::size_t i = 1; i < 4; ++i) CHECK(group.members[i]->running.result().tokens == alone[i]);
}

TEST_CASE("a batch waits for room that another holds, whether it has begun or not") {
  const std::vector<AsyncMultimodalRequest> requests = answers_of(2, 30);
  const auto alone = ComputeBench().answers_alone(requests);
  // For one prompt at a time, and for both but not their answers.
  for (const std::uint64_t kv_tokens : {100U, 115U}) {
    for (const bool offloads : {true, false}) {
      CAPTURE(kv_tokens);
      CAPTURE(offloads);
      ComputeBench bench({.kv_tokens = kv_tokens});
      const auto cache = small_cache(kMiB * 64);
      KvOffload offload(cache->manager(), bench.rig.runner->geometry(), 16);
      KvRoom room;
      if (offloads) bench.context->offload = &offload;
      bench.context->room = &room;
      const std::vector<AsyncMultimodalRequest> asked_first{requests[0]};
      const std::vector<AsyncMultimodalRequest> asked_second{requests[1]};
      Group first(bench, asked_first);
      Group second(bench, asked_second);
      ComputeRun one(*bench.context);
      ComputeRun other(*bench.context);
      one.admit(first.members);
      other.admit(second.members);
      while (one.may_grow() && other.may_grow() && one.active() > 0) {
        one.step();
        if (one.may_grow()) other.step();
      }
      CHECK(one.may_grow() != other.may_grow());
      ComputeRun& goes_on = one.may_grow() ? one : other;
      ComputeRun& waits = one.may_grow() ? other : one;
      while (goes_on.active() > 0) goes_on.step();
      while (waits.active() > 0) waits.step();
      for (std::size_t i = 0; i < 2; ++i) {
        const AsyncMultimodalResult& result = (i == 0 ? first : second).members[0]->running.result();
        CHECK(result.error == "");
        CHECK(result.tokens == alone[i]);
      }
    }
  }
}

TEST_CASE("who is too large for all of the room fails, though other batches could hold some") {
  ComputeBench bench({.kv_tokens = 110});
  KvRoom room;
  bench.context->room = &room;
  const std::vector<AsyncMultimodalRequest> large = answers_of(1, 1000);
  Group lonely(bench, large);
  ComputeRun run(*bench.context);
  run.admit(lonely.members);
  while (run.active() > 0) run.step();
  CHECK(lonely.members[0]->running.result().error.find("no room for keys and values") != std::string::npos);
}

TEST_CASE("a request waits for another batch's room no longer than its deadline") {
  std::vector<AsyncMultimodalRequest> requests = answers_of(2, 30);
  ComputeBench bench({.kv_tokens = 90});
  KvRoom room;
  bench.context->room = &room;
  requests[1].deadline = bench.rig.clock.now() + std::chrono::milliseconds(20);
  Group first(bench, requests);
  ComputeRun one(*bench.context);
  ComputeRun other(*bench.context);
  one.admit(std::span(&first.members[0], 1));
  other.admit(std::span(&first.members[1], 1));
  while (other.active() > 0) other.step();
  CHECK(first.members[1]->running.result().status == RequestStatus::kExpired);
  while (one.active() > 0) one.step();
  CHECK(first.members[0]->running.result().error == "");
}

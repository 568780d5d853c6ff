// SPDX-License-Identifier: Apache-2.0
#include "pipeline/running_request.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "pipeline/fake_runner.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

std::vector<float> logits_for(std::size_t token) {
  std::vector<float> logits(20, 0.0F);
  logits[token] = 1.0F;
  return logits;
}

}  // namespace

TEST_CASE("tokens are taken, timed and streamed until there are enough") {
  VirtualClock clock;
  clock.advance(Nanoseconds{100});
  AsyncMultimodalRequest request = ids_request(3, {1}, 2);
  request.want_logits = true;
  std::vector<StreamedToken> heard;
  request.on_token = [&](const StreamedToken& token) { heard.push_back(token); };
  RunningRequest running(0, {.request = &request, .submitted = Nanoseconds{40}}, clock);
  running.accept(logits_for(11), 6);
  CHECK_FALSE(running.ended());
  CHECK(running.last_token() == 11);
  clock.advance(Nanoseconds{7});
  running.accept(logits_for(12), 6);
  REQUIRE(running.ended());
  const AsyncMultimodalResult result = running.finish();
  CHECK(result.ok());
  CHECK(result.tokens == std::vector<std::int64_t>{11, 12});
  CHECK(*result.timings.first_token == Nanoseconds{60});
  CHECK(result.timings.token_times == std::vector<Nanoseconds>{Nanoseconds{60}, Nanoseconds{67}});
  CHECK(result.timings.total == Nanoseconds{67});
  CHECK(result.first_logits == logits_for(11));
  REQUIRE(heard.size() == 2);
  CHECK(heard[1].request == 3);
  CHECK(heard[1].index == 1);
  CHECK(heard[1].token == 12);
}

TEST_CASE("the end token ends an answer and is no part of it, unless lengths are replayed") {
  const VirtualClock clock;
  AsyncMultimodalRequest request = ids_request(1, {1}, 5);
  RunningRequest stops(0, {.request = &request}, clock);
  stops.accept(logits_for(6), 6);
  REQUIRE(stops.ended());
  CHECK(stops.finish().tokens.empty());
  request.stop_at_end = false;
  RunningRequest goes_on(0, {.request = &request}, clock);
  goes_on.accept(logits_for(6), 6);
  CHECK_FALSE(goes_on.ended());
}

TEST_CASE("a request of no new tokens ends with its prompt") {
  const VirtualClock clock;
  const AsyncMultimodalRequest request = ids_request(1, {1}, 0);
  RunningRequest running(0, {.request = &request}, clock);
  running.accept(logits_for(3), 6);
  const AsyncMultimodalResult result = running.finish();
  CHECK(result.ok());
  CHECK(result.tokens.empty());
  CHECK_FALSE(result.timings.first_token.has_value());
}

TEST_CASE("cancelled requests and late ones end, and keep what they had") {
  VirtualClock clock;
  AsyncMultimodalRequest request = ids_request(4, {1}, 9);
  request.deadline = Nanoseconds{50};
  RunningRequest late(0, {.request = &request}, clock);
  late.accept(logits_for(7), 6);
  CHECK_FALSE(late.end_if_unwanted());
  clock.advance(Nanoseconds{50});
  CHECK(late.end_if_unwanted());
  const AsyncMultimodalResult result = late.finish();
  CHECK(result.status == RequestStatus::kExpired);
  CHECK(result.error == "request 4: its deadline has passed");
  CHECK(result.tokens == std::vector<std::int64_t>{7});

  request.cancellation.cancel();
  RunningRequest cancelled(0, {.request = &request}, clock);
  CHECK(cancelled.end_if_unwanted());
  CHECK(cancelled.finish().status == RequestStatus::kCancelled);
}

TEST_CASE("an end is final, and lets go of the sequence") {
  const VirtualClock clock;
  std::atomic<int> alive{0};
  const AsyncMultimodalRequest request = ids_request(4, {1}, 9);
  RunningRequest running(2, {.request = &request}, clock);
  running.set_sequence(std::make_unique<FakeSequence>(std::vector<std::int64_t>{1}, alive));
  CHECK(alive == 1);
  running.accept({std::numeric_limits<float>::quiet_NaN()}, 6);
  REQUIRE(running.ended());
  CHECK(alive == 0);
  running.end(RequestStatus::kOk, {});
  const AsyncMultimodalResult result = running.finish();
  CHECK(result.status == RequestStatus::kFailed);
  CHECK(result.error == "request 4: the logit of token 0 is nan");
}

TEST_CASE("the request is named once in an error") {
  const VirtualClock clock;
  const AsyncMultimodalRequest request = ids_request(4, {1});
  RunningRequest running(0, {.request = &request}, clock);
  running.fail("request 4: nothing");
  CHECK(running.finish().error == "request 4: nothing");
}

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/request.h"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace cachebench;
using namespace cachebench::pipeline;

TEST_CASE("a request of the source documents has its images before its text") {
  const AsyncMultimodalRequest request = make_request("what is this?", {"a.png", "b.jpg"});
  REQUIRE(request.parts.size() == 3);
  CHECK(std::get<ImageFilePart>(request.parts[0]).path == "a.png");
  CHECK(std::get<ImageFilePart>(request.parts[1]).path == "b.jpg");
  CHECK(std::get<TextPart>(request.parts[2]).text == "what is this?");
}

TEST_CASE("copies of a cancellation token share the wish, others do not") {
  const CancellationToken token;
  const CancellationToken copy = token;
  const CancellationToken other;
  CHECK_FALSE(copy.cancelled());
  token.cancel();
  CHECK(copy.cancelled());
  CHECK_FALSE(other.cancelled());
}

TEST_CASE("a token with parents is cancelled with either of them and cancels neither") {
  for (int which = 0; which < 3; ++which) {
    const CancellationToken one;
    const CancellationToken other;
    const CancellationToken grandchild =
        CancellationToken::with_either(CancellationToken::with_either(one, other), CancellationToken());
    CHECK_FALSE(grandchild.cancelled());
    if (which == 0) one.cancel();
    if (which == 1) other.cancel();
    if (which == 2) grandchild.cancel();
    CHECK(grandchild.cancelled());
    CHECK(one.cancelled() == (which == 0));
    CHECK(other.cancelled() == (which == 1));
  }
}

TEST_CASE("every status has a name of its own") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kRequestStatuses; ++i) names.insert(name_of(static_cast<RequestStatus>(i)));
  CHECK(names.size() == kRequestStatuses);
  CHECK(names.contains("expired"));
}

TEST_CASE("the time per token is the mean gap") {
  RequestTimings timings;
  CHECK_FALSE(timings.per_token().has_value());
  timings.token_times = {Nanoseconds{100}};
  CHECK_FALSE(timings.per_token().has_value());
  timings.token_times = {Nanoseconds{100}, Nanoseconds{110}, Nanoseconds{140}};
  CHECK(*timings.per_token() == Nanoseconds{20});
}

TEST_CASE("a token callback that throws is told and goes no further") {
  AsyncMultimodalRequest request;
  CHECK(deliver_token(request, {}));
  std::vector<std::int64_t> heard;
  request.on_token = [&](const StreamedToken& token) { heard.push_back(token.token); };
  CHECK(deliver_token(request, {.token = 7}));
  CHECK(heard == std::vector<std::int64_t>{7});
  request.on_token = [](const StreamedToken&) { throw std::runtime_error("no"); };
  CHECK_FALSE(deliver_token(request, {}));
  request.on_token = [](const StreamedToken&) { throw 5; };
  CHECK_FALSE(deliver_token(request, {}));
}

TEST_CASE("a result without an answer carries id, status and reason") {
  AsyncMultimodalRequest request;
  request.id = 12;
  const AsyncMultimodalResult result = unanswered(request, RequestStatus::kShed, "no room");
  CHECK(result.id == 12);
  CHECK(result.status == RequestStatus::kShed);
  CHECK(result.error == "no room");
  CHECK_FALSE(result.ok());
  CHECK(result.tokens.empty());
}

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fmt/format.h>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using namespace std::chrono_literals;

namespace {

std::string line(int chat, int parent, double time, int turn) {
  return fmt::format(R"({{"chat_id": {}, "parent_chat_id": {}, "timestamp": {}, "input_length": 33, )"
                     R"("output_length": 4, "type": "image", "turn": {}, "hash_ids": [1, 2, 3]}})"
                     "\n",
                     chat, parent, time, turn);
}

}  // namespace

TEST_CASE("chains of chats are sessions, also when they began before the trace") {
  const TempDir folder;
  write_text(folder / "a.jsonl", line(10, -1, 61.5, 1) + line(20, 5, 61.75, 3) + line(11, 10, 62, 2) +
                                     line(12, 11, 63, 3) + line(21, 20, 64, 4) + line(30, -1, 65, 1));
  const auto requests = read_requests(folder / "a.jsonl");
  REQUIRE(requests.size() == 6);
  CHECK(requests[0].session == 10U);
  CHECK(requests[1].session == 5U);
  CHECK(requests[2].session == 10U);
  CHECK(requests[3].session == 10U);
  CHECK(requests[4].session == 5U);
  CHECK(requests[5].session == 30U);
  CHECK(requests[3].turn == 3U);
  CHECK(requests[0].arrival == 0ns);
  CHECK(requests[1].arrival == 250ms);
  CHECK(requests[0].id == 10);
}

TEST_CASE("blocks have 16 tokens, the last what is left") {
  const TempDir folder;
  write_text(folder / "a.jsonl", line(10, -1, 0, 1));
  const auto requests = read_requests(folder / "a.jsonl");
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].prefix_blocks[1].tokens == 16);
  CHECK(requests[0].prefix_blocks[2].tokens == 1);
  CHECK(open_trace(folder / "a.jsonl")->header().block_tokens == 16);
}

TEST_CASE("mistakes are named with their line") {
  const TempDir folder;
  const auto error = [&](const std::string& text) {
    write_text(folder / "a.jsonl", line(10, -1, 5, 1) + text);
    return error_of_reading(folder / "a.jsonl");
  };
  CHECK(contains(error(line(11, -2, 6, 1)), "a.jsonl:2: \"parent_chat_id\" is negative"));
  CHECK(contains(error(line(11, -1, 4, 1)), "a.jsonl:2: out of order"));
  CHECK(contains(error(R"({"chat_id": 1, "timestamp": "x"})"), "\"timestamp\" is not a number"));
  CHECK(contains(error(R"({"chat_id": 1, "timestamp": 6, "input_length": 1, "output_length": 1})"),
                 "\"hash_ids\""));
}

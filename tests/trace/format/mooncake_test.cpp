// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <unordered_set>

#include "core/hash.h"
#include "trace/trace_helpers.h"
#include "trace/writer.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using namespace std::chrono_literals;

namespace {

const std::string kGood = R"({"timestamp": 27, "input_length": 600, "output_length": 9, "hash_ids": [0, 5]})"
                          "\n";

std::string error_for(const std::string& line) {
  const TempDir folder;
  write_text(folder / "a.jsonl", kGood + line + "\n");
  return error_of_reading(folder / "a.jsonl");
}

}  // namespace

TEST_CASE("records give lengths, milliseconds and blocks of 512 tokens") {
  const TempDir folder;
  write_text(folder / "a.jsonl", kGood);
  const auto requests = read_requests(folder / "a.jsonl");
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].arrival == 27ms);
  CHECK(requests[0].input_tokens == 600U);
  CHECK(requests[0].prefix_blocks ==
        std::vector<BlockRef>{{.key = {0, 0}, .tokens = 512}, {.key = {0, 5}, .tokens = 88}});
  const Header header = open_trace(folder / "a.jsonl")->header();
  CHECK(header.block_tokens == 512);
  CHECK(header.blocks_only);
}

TEST_CASE("mistakes are named with their line") {
  CHECK(contains(error_for(R"({"timestamp": 20, "input_length": 1, "output_length": 9, "hash_ids": [0]})"),
                 "a.jsonl:2: out of order"));
  CHECK(
      contains(error_for(R"({"timestamp": 28, "input_length": 512, "output_length": 9, "hash_ids": [0, 1]})"),
               "2 hash_ids"));
  CHECK(contains(error_for(R"({"timestamp": 28, "input_length": 1, "output_length": 9})"),
                 "\"hash_ids\" is missing"));
  CHECK(contains(error_for(R"({"timestamp": 28, "output_length": 9, "hash_ids": [0]})"),
                 "\"input_length\" is missing"));
  CHECK(contains(error_for(R"({"timestamp": -1, "input_length": 1, "output_length": 9, "hash_ids": [0]})"),
                 "negative"));
  CHECK(contains(error_for(R"({"timestamp": 28, "input_length": 1, "output_length": 9, "hash_ids": ["0"]})"),
                 "not a number"));
  CHECK(contains(error_for(R"({"timestamp": 28, "input_len)"), "a.jsonl:2: not JSON"));
}

TEST_CASE("what is written is read again; hashed keys become numbers in order of appearance") {
  const TempDir folder;
  write_text(folder / "a.jsonl", kGood + kGood);
  const auto requests = read_requests(folder / "a.jsonl");
  Header header;
  header.block_tokens = 512;
  auto writer = create_trace(folder / "b.jsonl", "mooncake", header);
  for (const Request& request : requests) writer->write(request);
  writer->finish();
  CHECK(read_text(folder / "b.jsonl") == kGood + kGood);

  Request hashed = requests[0];
  hashed.prefix_blocks[0].key = hash_key("a");
  hashed.prefix_blocks[1].key = hash_key("b");
  writer = create_trace(folder / "c.jsonl", "mooncake", header);
  writer->write(hashed);
  writer->finish();
  CHECK(contains(read_text(folder / "c.jsonl"), "\"hash_ids\": [0, 1]"));
}

TEST_CASE("what the format cannot hold is refused") {
  const TempDir folder;
  CHECK(contains(error_of([&] { static_cast<void>(create_trace(folder / "a", "mooncake", {})); }),
                 "blocks of 16 tokens"));
  Header header;
  header.block_tokens = 512;
  const auto writer = create_trace(folder / "a", "mooncake", header);
  CHECK(contains(error_of([&] { writer->write(Request{}); }), "no prefix blocks"));
}

TEST_CASE("the recorded trace has the counts its source states") {
  const std::string path = recording("mooncake_conversation.jsonl");
  if (path.empty()) {
    MESSAGE("skipped: no recorded traces beside the project");
    return;
  }
  const auto requests = read_requests(path);
  std::uint64_t blocks = 0;
  std::unordered_set<Key> distinct;
  for (const Request& request : requests) {
    blocks += request.prefix_blocks.size();
    for (const BlockRef& block : request.prefix_blocks) distinct.insert(block.key);
  }
  CHECK(requests.size() == 12031);
  CHECK(blocks == 288500);
  CHECK(distinct.size() == 182790);
}

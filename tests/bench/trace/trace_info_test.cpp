// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/trace_info.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::bench;
using namespace cachebench::testing;

namespace {

TraceInfo info_of(const std::string& path, std::optional<model::Lowering> lowering = std::nullopt) {
  return trace_info({.path = path, .read = {}, .lowering = lowering});
}

}  // namespace

TEST_CASE("a trace of objects") {
  const TempDir folder;
  write_text(folder / "a.csv", "time,key,size\n0,1,10\n1,2,20\n3,1,10\n");
  const TraceInfo info = info_of(folder / "a.csv");
  CHECK(info.format == "csv");
  CHECK(info.name == "a.csv");
  CHECK(info.requests == 3);
  CHECK(info.accesses == 3);
  CHECK(info.distinct == 2);
  CHECK(info.bytes_requested == 40);
  CHECK(info.bytes_distinct == 30);
  CHECK(info.duration == std::chrono::seconds(3));
  CHECK(*max_hit_ratio(info) == doctest::Approx(1.0 / 3));
  CHECK(!info.blocks);
  CHECK(!info.images);
  CHECK(!info.sessions);
  CHECK(!info.input_tokens);
  CHECK(!info.output_tokens);
  CHECK(contains(error_of([&] { static_cast<void>(info_of(folder / "a.csv", model::Lowering::kGraph)); }),
                 "does not apply"));
}

TEST_CASE("a trace of block ids knows nothing of images and sessions") {
  const TempDir folder;
  write_text(folder / "a.jsonl",
             "{\"timestamp\": 0, \"input_length\": 600, \"output_length\": 5, \"hash_ids\": [0, 1]}\n"
             "{\"timestamp\": 9, \"input_length\": 700, \"output_length\": 6, \"hash_ids\": [0, 2]}\n");
  const TraceInfo info = info_of(folder / "a.jsonl");
  CHECK(info.requests == 2);
  CHECK(info.accesses == 4);
  CHECK(info.distinct == 3);
  CHECK(info.blocks == 4U);
  CHECK(info.distinct_blocks == 3U);
  CHECK(info.input_tokens == 1300U);
  CHECK(info.output_tokens == 11U);
  CHECK(!info.sessions);
  CHECK(!info.images);
  CHECK(info.bytes_requested == 114688 * (512 + 88 + 512 + 188));
  CHECK(info.bytes_distinct == 114688 * (512 + 88 + 188));
}

TEST_CASE("a trace of lengths has no identities: nothing repeats, and what is not known is absent") {
  const TempDir folder;
  write_text(folder / "a.csv",
             "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2025-01-01 00:00:00,2,4000,5\n"
             "2025-01-01 00:00:01,2,4000,5\n");
  const TraceInfo info = info_of(folder / "a.csv");
  CHECK(info.lengths_only);
  CHECK(info.images == 4U);
  CHECK(!info.distinct_images);
  CHECK(!info.blocks);
  CHECK(!info.sessions);
  CHECK(info.input_tokens == 8000U);
  CHECK(info.distinct == info.accesses);
  CHECK(!info.reuse_distance);
}

TEST_CASE("a trace of requests under both lowerings") {
  const TempDir folder;
  const std::string input =
      R"({"kind":"text","hash":"a","tokens":40},{"kind":"image","hash":"b","width":64,"height":64})";
  write_text(
      folder / "a.jsonl",
      "{\"format\":\"cachebench-trace\",\"version\":1,\"block_tokens\":16}\n"
      "{\"t\":0,\"session\":1,\"output_tokens\":3,\"inputs\":[" +
          input +
          "]}\n"
          "{\"t\":5,\"session\":1,\"output_tokens\":3,\"inputs\":[" +
          input +
          "]}\n"
          "{\"t\":6,\"output_tokens\":3,\"inputs\":[{\"kind\":\"image\",\"width\":64,\"height\":64}]}\n");
  const TraceInfo graph = info_of(folder / "a.jsonl");
  CHECK(graph.sessions == 2U);
  CHECK(graph.images == 3U);
  CHECK(graph.distinct_images == 2U);
  CHECK(graph.output_tokens == 9U);
  CHECK(graph.accesses > *graph.blocks);
  CHECK(*graph.distinct_blocks < *graph.blocks);
  const TraceInfo blocks = info_of(folder / "a.jsonl", model::Lowering::kBlocks);
  CHECK(blocks.accesses == *blocks.blocks);
  CHECK(blocks.distinct == *blocks.distinct_blocks);
  CHECK(blocks.blocks == graph.blocks);
  CHECK(blocks.distinct_blocks == graph.distinct_blocks);
  CHECK(graph.input_tokens == blocks.input_tokens);
}

TEST_CASE("skipped records are counted apart") {
  const TempDir folder;
  write_text(folder / "a.csv", "0,1,10\n1,2,0\n3,1,10\n");
  const TraceInfo info =
      trace_info({.path = folder / "a.csv", .read = {.format = "csv", .skip_bad = 1}, .lowering = {}});
  CHECK(info.requests == 2);
  CHECK(info.skipped == 1);
}

TEST_CASE("the recorded traces have the counts their sources state") {
  const std::string cloud = recording("cloudPhysicsIO.oracleGeneral.bin");
  const std::string mooncake = recording("mooncake_conversation.jsonl");
  if (cloud.empty() || mooncake.empty()) {
    MESSAGE("skipped: no recorded traces beside the project");
    return;
  }
  const TraceInfo objects = info_of(cloud);
  CHECK(objects.requests == 113872);
  CHECK(objects.distinct == 48974);
  CHECK(objects.bytes_requested == 4368040448);
  CHECK(objects.bytes_distinct == 2029769728);
  const TraceInfo blocks = info_of(mooncake);
  CHECK(blocks.requests == 12031);
  CHECK(blocks.blocks == 288500U);
  CHECK(blocks.distinct_blocks == 182790U);
}

TEST_CASE("the shipped workloads repeat enough to be worth a cache") {
  const std::filesystem::path folder = std::filesystem::path(CACHEBENCH_SOURCE_DIR) / "workloads";
  for (const std::string name : {"chat", "docqa", "agent"}) {
    const TraceInfo info = info_of((folder / (name + ".jsonl.zst")).string());
    CHECK_MESSAGE(*max_hit_ratio(info) > 0.25, name);
    CHECK_MESSAGE(*info.images > *info.distinct_images * 2, name);
    CHECK_MESSAGE(*info.sessions * 2 < info.requests, name);
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/trace_convert.h"

#include <doctest/doctest.h>

#include "bench/trace/trace_info.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::bench;
using namespace cachebench::testing;
using namespace std::chrono_literals;

namespace {

const std::string kRequests =
    "{\"format\":\"cachebench-trace\",\"version\":1,\"time_unit\":\"s\",\"block_tokens\":16}\n"
    "{\"t\":10,\"output_tokens\":3,\"inputs\":[{\"kind\":\"text\",\"hash\":\"a\",\"tokens\":1100}]}\n"
    "{\"t\":12,\"output_tokens\":3,\"inputs\":[{\"kind\":\"text\",\"hash\":\"a\",\"tokens\":1100}]}\n"
    "{\"t\":15,\"output_tokens\":3,\"inputs\":[{\"kind\":\"text\",\"hash\":\"b\",\"tokens\":10}]}\n";

ConvertSummary convert(const std::string& in, const std::string& out, const std::string& format,
                       std::optional<model::Lowering> lowering = std::nullopt,
                       const TraceStretch& stretch = {}) {
  return convert_trace(
      {.in = in, .read = {}, .out = out, .format = format, .lowering = lowering, .stretch = stretch});
}

std::string error_of_convert(const std::string& in, const std::string& out, const std::string& format,
                             std::optional<model::Lowering> lowering = std::nullopt) {
  return error_of([&] { static_cast<void>(convert(in, out, format, lowering)); });
}

}  // namespace

TEST_CASE("objects go from one format to the other and back") {
  const TempDir folder;
  write_text(folder / "a.csv", "time,key,size\n0,1,10\n1,2,20\n3,1,10\n");
  CHECK(convert(folder / "a.csv", folder / "b.bin.zst", "oracleGeneral").written == 3);
  const auto accesses = read_objects(folder / "b.bin.zst");
  REQUIRE(accesses.size() == 3);
  CHECK(accesses[0].next == 3);
  const ConvertSummary back = convert(folder / "b.bin.zst", folder / "c.csv", "csv");
  CHECK(back.from_format == "oracleGeneral");
  CHECK(read_text(folder / "c.csv") == read_text(folder / "a.csv"));
}

TEST_CASE("requests become objects by lowering, with the accesses and bytes that info counts") {
  const TempDir folder;
  write_text(folder / "a.jsonl", kRequests);
  for (const model::Lowering lowering : {model::Lowering::kGraph, model::Lowering::kBlocks}) {
    const TraceInfo expected = trace_info({.path = folder / "a.jsonl", .read = {}, .lowering = lowering});
    CHECK(convert(folder / "a.jsonl", folder / "b.csv", "csv", lowering).written == expected.accesses);
    const TraceInfo info = trace_info({.path = folder / "b.csv", .read = {}, .lowering = {}});
    CHECK(info.accesses == expected.accesses);
    CHECK(info.distinct == expected.distinct);
    CHECK(info.bytes_requested == expected.bytes_requested);
    CHECK(read_objects(folder / "b.csv")[0].time_s == 10);
    CHECK(read_objects(folder / "b.csv")[0].kind == ArtefactKind::kKvBlock);
  }
}

TEST_CASE("conversions that make no sense say why and leave no file") {
  const TempDir folder;
  write_text(folder / "a.jsonl", kRequests);
  write_text(folder / "a.csv", "0,1,10\n");
  CHECK(contains(error_of_convert(folder / "a.jsonl", folder / "b", "csv"),
                 "--lowering blocks or --lowering graph"));
  CHECK(contains(error_of_convert(folder / "a.csv", folder / "b", "native"),
                 "plain objects, which cannot become"));
  CHECK(contains(error_of_convert(folder / "a.csv", folder / "b", "oracleGeneral", model::Lowering::kGraph),
                 "--lowering is for"));
  CHECK(contains(error_of_convert(folder / "a.csv", folder / "b", "bailian"), "can be read but not written"));
  CHECK(contains(error_of_convert(folder / "a.csv", folder / "b", "oracel"), "unknown trace format"));
  write_text(folder / "bad.csv", "0,1,10\n1,2,0\n");
  CHECK(contains(error_of_convert(folder / "bad.csv", folder / "b", "csv"), "bad.csv:2: size is 0"));
  CHECK(!std::filesystem::exists(folder / "b"));
}

TEST_CASE(
    "requests get prefix blocks where the format needs them; the end of a prompt is a block of its own") {
  const TempDir folder;
  write_text(folder / "a.jsonl", kRequests);
  CHECK(convert(folder / "a.jsonl", folder / "b.jsonl", "mooncake").written == 3);
  const auto requests = read_requests(folder / "b.jsonl");
  REQUIRE(requests.size() == 3);
  REQUIRE(requests[0].prefix_blocks.size() == 3);  // 512 + 512 + 76
  CHECK(requests[0].input_tokens == 1100U);
  CHECK(requests[0].prefix_blocks[1] == requests[1].prefix_blocks[1]);
  CHECK(requests[0].prefix_blocks[2].key != requests[1].prefix_blocks[2].key);
  CHECK(requests[2].prefix_blocks.size() == 1);
  CHECK(requests[1].arrival == 12s);
}

TEST_CASE("a stretch is cut by records, by time, and may be moved to 0") {
  const TempDir folder;
  write_text(folder / "a.jsonl", kRequests);
  CHECK(convert(folder / "a.jsonl", folder / "b.jsonl", "", {}, {.from = 1, .count = 1}).written == 1);
  CHECK(read_requests(folder / "b.jsonl").at(0).arrival == 12s);
  CHECK(convert(folder / "a.jsonl", folder / "b.jsonl", "", {}, {.start = 1s, .end = 5s, .rebase = true})
            .written == 1);
  CHECK(read_requests(folder / "b.jsonl").at(0).arrival == 0s);
  write_text(folder / "a.csv", "time,key,size\n100,1,10\n101,2,20\n103,1,10\n");
  CHECK(convert(folder / "a.csv", folder / "b.csv", "", {}, {.start = 1s, .rebase = true}).written == 2);
  CHECK(read_text(folder / "b.csv") == "time,key,size\n0,2,20\n2,1,10\n");
  CHECK(contains(
      error_of([&] { static_cast<void>(convert(folder / "a.csv", folder / "c", "", {}, {.from = 9})); }),
      "no record lies in"));
}

TEST_CASE("a slice of a trace of next accesses has its own") {
  const TempDir folder;
  write_text(folder / "a.csv", "0,1,10\n1,2,20\n3,1,10\n4,2,20\n");
  static_cast<void>(convert(folder / "a.csv", folder / "a.bin", "oracleGeneral"));
  static_cast<void>(convert(folder / "a.bin", folder / "b.bin", "", {}, {.from = 1}));
  const auto accesses = read_objects(folder / "b.bin");
  REQUIRE(accesses.size() == 3);
  CHECK(accesses[0].next == 3);
  CHECK(accesses[1].next == -1);
}

TEST_CASE("ids of a source with integers stay, hashed keys become one word") {
  CHECK(object_key({0, 17}) == 17);
  CHECK(object_key({1, 17}) != object_key({2, 17}));
}

TEST_CASE("a recorded trace survives the way through CSV") {
  const std::string path = recording("cloudPhysicsIO.oracleGeneral.bin");
  if (path.empty()) {
    MESSAGE("skipped: no recorded traces beside the project");
    return;
  }
  const TempDir folder;
  static_cast<void>(convert(path, folder / "a.csv.zst", "csv"));
  static_cast<void>(convert(folder / "a.csv.zst", folder / "b.bin", "oracleGeneral"));
  CHECK(read_text(folder / "b.bin") == read_text(path));
}

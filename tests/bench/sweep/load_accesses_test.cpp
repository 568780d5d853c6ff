// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/load_accesses.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "support/temp_dir.h"

namespace cachebench::bench {
namespace {

using Ids = std::vector<std::uint32_t>;

constexpr char kObjects[] = "time,key,size\n0,9,10\n1,4,20\n2,9,10\n3,7,20\n";
constexpr char kRequests[] =
    R"({"timestamp": 0, "input_length": 1000, "output_length": 5, "hash_ids": [3, 8]}
{"timestamp": 10, "input_length": 1024, "output_length": 5, "hash_ids": [3, 9]}
)";

TEST_CASE("object traces become dense ids and sizes") {
  const testing::TempDir folder;
  testing::write_text(folder / "t.csv", kObjects);
  const LoadedAccesses loaded = load_accesses({.path = folder / "t.csv"});
  CHECK(loaded.columns.ids() == Ids{0, 1, 0, 2});
  CHECK(loaded.columns.object_sizes() == std::vector<std::uint64_t>{10, 20, 20});
  CHECK(loaded.columns.bytes_requested() == Bytes{60});
  CHECK(loaded.columns.bytes_distinct() == Bytes{50});
  CHECK(loaded.records == 4);
  CHECK(loaded.trace_name == "t.csv");
  CHECK(loaded.lowering == model::Lowering::kObjects);

  const LoadedAccesses unit = load_accesses({.path = folder / "t.csv", .counting = SizeCounting::kUnit});
  CHECK(unit.columns.ids() == loaded.columns.ids());
  CHECK(unit.columns.bytes_distinct() == Bytes{3});

  CHECK(load_accesses({.path = folder / "t.csv", .limit = 2}).columns.ids() == Ids{0, 1});
}

TEST_CASE("request traces are lowered, to the graph unless told otherwise") {
  const testing::TempDir folder;
  testing::write_text(folder / "t.jsonl", kRequests);
  const LoadedAccesses blocks =
      load_accesses({.path = folder / "t.jsonl", .lowering = model::Lowering::kBlocks});
  CHECK(blocks.columns.ids() == Ids{0, 1, 0, 2});
  CHECK(blocks.records == 2);
  // A block of 512 tokens of K/V; the partial last one keeps its 488.
  CHECK(blocks.columns.bytes_distinct() == Bytes{114688 * (512 + 488 + 512)});
  CHECK(load_accesses({.path = folder / "t.jsonl"}).lowering == model::Lowering::kGraph);
  const LoadedAccesses tiny = load_accesses({.path = folder / "t.jsonl", .geometry = "tiny"});
  CHECK(tiny.columns.bytes_distinct() < blocks.columns.bytes_distinct());
}

TEST_CASE("a lowering that does not go with the trace is a usage error, a broken trace one of input") {
  const testing::TempDir folder;
  testing::write_text(folder / "t.csv", kObjects);
  testing::write_text(folder / "t.jsonl", kRequests);
  const auto kind_of = [](const LoadRequest& request) {
    try {
      static_cast<void>(load_accesses(request));
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::kInternal;
  };
  CHECK(kind_of({.path = folder / "t.csv", .lowering = model::Lowering::kGraph}) == ErrorKind::kUsage);
  CHECK(kind_of({.path = folder / "t.jsonl", .lowering = model::Lowering::kObjects}) == ErrorKind::kUsage);
  CHECK(kind_of({.path = folder / "absent"}) == ErrorKind::kInput);
  testing::write_text(folder / "huge.csv",
                      "time,key,size\n0,1,4611686018427387904\n1,2,4611686018427387904\n");
  CHECK(kind_of({.path = folder / "huge.csv"}) == ErrorKind::kInput);
  CHECK(load_accesses({.path = folder / "huge.csv", .counting = SizeCounting::kUnit}).columns.accesses() ==
        2);
}

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/access_reader.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

#include "core/error.h"
#include "core/rng.h"
#include "support/temp_dir.h"

namespace cachebench::bench {
namespace {

struct Read {
  std::vector<std::uint32_t> ids;
  std::vector<std::uint64_t> sizes;
};

/// All blocks in one, each checked for what it promises.
Read read_all(AccessReader& reader) {
  Read all;
  std::uint32_t seen = 0;
  for (policy::AccessBlock block; reader.next(block);) {
    CHECK_FALSE(block.ids.empty());
    CHECK(block.sizes.size() == (reader.has_sizes() ? block.ids.size() : 0));
    for (const std::uint32_t id : block.ids) {
      CHECK(id <= seen);
      seen = std::max(seen, id + 1);
    }
    CHECK(block.objects == seen);
    all.ids.insert(all.ids.end(), block.ids.begin(), block.ids.end());
    all.sizes.insert(all.sizes.end(), block.sizes.begin(), block.sizes.end());
    CHECK(reader.totals().accesses == all.ids.size());
  }
  return all;
}

TEST_CASE("objects of more than one block are numbered and summed up") {
  const testing::TempDir folder;
  std::string text = "time,key,size\n";
  std::map<std::uint64_t, std::uint32_t> numbers;
  std::map<std::uint64_t, std::uint64_t> first_sizes;
  Read expected;
  std::uint64_t requested = 0;
  Rng rng(3);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t key = rng.below(300) << (rng.below(2) * 40);
    const std::uint64_t size = 1 + rng.below(9);
    text += fmt::format("{},{},{}\n", i, key, size);
    const auto number = static_cast<std::uint32_t>(numbers.size());
    expected.ids.push_back(numbers.emplace(key, number).first->second);
    expected.sizes.push_back(size);
    first_sizes.emplace(key, size);
    requested += size;
  }
  std::uint64_t distinct = 0;
  for (const auto& [key, size] : first_sizes) distinct += size;
  testing::write_text(folder / "t.csv", text);

  AccessReader reader({.path = folder / "t.csv"});
  CHECK(reader.trace_name() == "t.csv");
  CHECK(reader.format() == "csv");
  CHECK(reader.lowering() == model::Lowering::kObjects);
  const Read read = read_all(reader);
  CHECK(read.ids == expected.ids);
  CHECK(read.sizes == expected.sizes);
  CHECK(reader.totals().records == 2000);
  CHECK(reader.totals().objects == numbers.size());
  CHECK(reader.totals().bytes_requested == requested);
  CHECK(reader.totals().bytes_distinct == distinct);

  AccessReader unit({.path = folder / "t.csv", .counting = SizeCounting::kUnit});
  CHECK(read_all(unit).ids == expected.ids);
  CHECK(unit.totals().objects == numbers.size());
  CHECK(unit.totals().bytes_requested == 2000);
  CHECK(unit.totals().bytes_distinct == numbers.size());
}

TEST_CASE("requests come whole, a damaged record is an error unless tolerated") {
  const testing::TempDir folder;
  testing::write_text(folder / "t.jsonl",
                      R"({"timestamp": 0, "input_length": 1000, "output_length": 5, "hash_ids": [3, 8]}
{"timestamp": 10, "input_length": 1024, "output_length": 5, "hash_ids": [3, 9]}
)");
  AccessReader blocks({.path = folder / "t.jsonl", .lowering = model::Lowering::kBlocks});
  CHECK(read_all(blocks).ids == std::vector<std::uint32_t>{0, 1, 0, 2});
  CHECK(blocks.totals().records == 2);

  testing::write_text(folder / "bad.csv", "time,key,size\n0,1,1\n1,1,x\n2,1,1\n");
  AccessReader bad({.path = folder / "bad.csv"});
  CHECK_THROWS_AS(read_all(bad), Error);
  AccessReader tolerant({.path = folder / "bad.csv", .skip_bad = 1});
  CHECK(read_all(tolerant).ids == std::vector<std::uint32_t>{0, 0});
  CHECK(tolerant.skipped() == 1);
}

}  // namespace
}  // namespace cachebench::bench

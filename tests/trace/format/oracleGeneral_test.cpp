// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <unordered_map>

#include "trace/output.h"
#include "trace/trace_helpers.h"
#include "trace/writer.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

std::string record(std::uint32_t time, std::uint64_t id, std::uint32_t size, std::int64_t next) {
  std::string bytes;
  const auto put = [&](auto word, int count) {
    for (int i = 0; i < count; ++i)
      bytes += static_cast<char>((static_cast<std::uint64_t>(word) >> (8 * i)) & 0xFF);
  };
  put(time, 4);
  put(id, 8);
  put(size, 4);
  put(next, 8);
  return bytes;
}

const ReadOptions kOracle{.format = "oracleGeneral"};

}  // namespace

TEST_CASE("records are 24 little-endian bytes, plain or compressed") {
  const TempDir folder;
  std::string text;
  std::vector<ObjectAccess> expected;
  // More than the pieces a compressed file comes in, whose size is no multiple of 24.
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    text += record(i / 7, 0xFFFFFFFF00000000ULL + i, i + 1, i % 5 == 0 ? -1 : std::int64_t{i} + 9);
    expected.push_back({.time_s = static_cast<double>(i / 7),
                        .key = 0xFFFFFFFF00000000ULL + i,
                        .size = i + 1,
                        .next = i % 5 == 0 ? -1 : std::int64_t{i} + 9});
  }
  for (const std::string name : {"a.bin", "a.bin.zst"}) {
    TraceOutput output(folder / name);
    output.write(text);
    output.finish();
    CHECK(read_objects(folder / name) == expected);
    CHECK(read_objects(folder / name, {.format = "", .skip_bad = 0, .limit = 10}).size() == 10);
  }
}

TEST_CASE("mistakes are named with the number of the record") {
  const TempDir folder;
  const auto error = [&](const std::string& text, std::uint64_t skip = 0) {
    write_text(folder / "a.bin", text);
    return error_of_reading(folder / "a.bin", {.format = "oracleGeneral", .skip_bad = skip});
  };
  const std::string good = record(5, 1, 1, -1);
  CHECK(contains(error(good + record(4, 1, 1, -1)), "a.bin:2: out of order: time 4 after 5"));
  CHECK(contains(error(good + good + record(5, 1, 0, -1)), "a.bin:3: size is 0"));
  CHECK(contains(error(good + record(5, 1, 1, -7)), "a.bin:2: next access -7 is negative"));
  CHECK(contains(error(good + good.substr(0, 16)), "a.bin:2: truncated: the last record has 16 of 24 bytes"));
  CHECK(contains(error(good.substr(0, 3)), "a.bin:1: truncated"));
  CHECK(error(good + good.substr(0, 16), 1).empty());
  CHECK(contains(error(good + record(5, 1, 0, -1) + record(4, 1, 1, -1), 1), "a.bin:3: "));
}

TEST_CASE("bad records are skipped up to the limit given, the others all come") {
  const TempDir folder;
  write_text(folder / "a.bin", record(1, 1, 1, -1) + record(1, 2, 0, -1) + record(2, 3, 1, INT64_MAX) +
                                   record(1, 4, 1, -1) + record(2, 5, 1, -1));
  const auto reader = open_trace(folder / "a.bin", {.format = "oracleGeneral", .skip_bad = 2});
  std::array<ObjectAccess, 8> batch;
  std::vector<std::uint64_t> keys;
  while (const std::size_t count = reader->next(std::span(batch))) {
    for (std::size_t i = 0; i < count; ++i) keys.push_back(batch[i].key);
  }
  CHECK(keys == std::vector<std::uint64_t>{1, 3, 5});
  CHECK(reader->skipped() == 2);
}

TEST_CASE("a truncated file behind the limit does not matter") {
  const TempDir folder;
  write_text(folder / "a.bin", record(1, 1, 1, -1) + record(1, 2, 1, -1) + "cut");
  CHECK(read_objects(folder / "a.bin", {.format = "oracleGeneral", .skip_bad = 0, .limit = 2}).size() == 2);
  CHECK(!error_of_reading(folder / "a.bin", {.format = "oracleGeneral", .skip_bad = 0, .limit = 3}).empty());
}

TEST_CASE("the writer fills in the next access, counted from 1") {
  const TempDir folder;
  const std::vector<ObjectAccess> accesses{{.time_s = 1.9, .key = 9, .size = 2, .next = 77},
                                           {.time_s = 2, .key = 8, .size = 2},
                                           {.time_s = 2, .key = 9, .size = 3}};
  const auto writer = create_trace(folder / "a.bin", "oracleGeneral", {});
  writer->write(std::span(accesses).first(1));
  writer->write(std::span(accesses).subspan(1));
  writer->finish();
  CHECK(read_text(folder / "a.bin") == record(1, 9, 2, 3) + record(2, 8, 2, -1) + record(2, 9, 3, -1));
}

TEST_CASE("what 32 bits do not hold is refused") {
  const TempDir folder;
  const auto writer = create_trace(folder / "a.bin", "oracleGeneral", {});
  const std::vector<ObjectAccess> late{{.time_s = 4294967296.0, .key = 1, .size = 1}};
  const std::vector<ObjectAccess> large{{.time_s = 1, .key = 1, .size = 1ULL << 32}};
  CHECK(contains(error_of([&] { writer->write(late); }), "record 1"));
  CHECK(contains(error_of([&] { writer->write(large); }), "32 bits"));
}

TEST_CASE("the recorded trace has the counts its source states") {
  const std::string path = recording("cloudPhysicsIO.oracleGeneral.bin");
  if (path.empty()) {
    MESSAGE("skipped: no recorded traces beside the project");
    return;
  }
  std::uint64_t requested = 0;
  std::uint64_t distinct_bytes = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> sizes;
  const auto accesses = read_objects(path);
  for (const ObjectAccess& access : accesses) {
    requested += access.size;
    if (sizes.try_emplace(access.key, access.size).second) distinct_bytes += access.size;
  }
  CHECK(accesses.size() == 113872);
  CHECK(sizes.size() == 48974);
  CHECK(requested == 4368040448);
  CHECK(distinct_bytes == 2029769728);
}

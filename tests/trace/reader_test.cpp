// SPDX-License-Identifier: Apache-2.0
#include "trace/reader.h"

#include <doctest/doctest.h>

#include "trace/format.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

std::string record(std::uint32_t time, std::uint64_t id, std::uint32_t size, std::int64_t next) {
  std::string bytes(24, '\0');
  const auto put = [&](std::size_t at, const auto& word) {
    bytes.replace(at, sizeof word, reinterpret_cast<const char*>(&word), sizeof word);
  };
  put(0, time);
  put(4, id);
  put(12, size);
  put(16, next);
  return bytes;
}

}  // namespace

TEST_CASE("formats are detected from content, whatever the name") {
  const TempDir folder;
  const std::vector<std::pair<std::string, std::string>> samples{
      {"native", "{\"format\":\"cachebench-trace\",\"version\":1}\n"},
      {"mooncake", "{\"timestamp\":0,\"input_length\":5,\"output_length\":1,\"hash_ids\":[1]}\n"},
      {"bailian",
       "{\"chat_id\":1,\"parent_chat_id\":-1,\"timestamp\":0.5,\"input_length\":5,\"output_length\":1,"
       "\"type\":\"text\",\"turn\":1,\"hash_ids\":[1]}\n"},
      {"azure-llm", "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"},
      {"azure-lmm", "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\r\n"},
      {"csv", "time,key,size\n1,2,3\n"},
      {"csv", "time,key,size,kind\n1,2,3,image\n"},
      {"csv", "1,2,3\n"},
      {"libcachesim-csv", "version,time,op,size,lbn\n1,2,2a,512,7\n"},
      {"libcachesim-csv", "1,33898,2a,512,42932745\n"},
      {"libcachesim-csv", "time,obj_id,obj_size,next_access_vtime\n1,2,3,-1\n"},
      {"oracleGeneral", record(1, 2, 3, 2) + record(1, 2, 3, -1)}};
  for (const auto& sample : samples) {
    const auto& text = sample.second;
    write_text(folder / "some.name", text);
    CHECK_MESSAGE(open_trace(folder / "some.name")->header().format == sample.first, text);
  }
}

TEST_CASE("a format that is given is not questioned; an unknown one names the nearest") {
  const TempDir folder;
  write_text(folder / "a.bin", "1,2,3\n");
  CHECK(contains(error_of_reading(folder / "a.bin", {.format = "oracleGeneral"}), "a.bin:1: truncated"));
  try {
    static_cast<void>(open_trace(folder / "a.bin", {.format = "orclegeneral"}));
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(contains(error.what(), "oracleGeneral"));
  }
}

TEST_CASE("what is no trace says so in one line") {
  const TempDir folder;
  write_text(folder / "a", "hello world\n");
  CHECK(contains(error_of([&] { static_cast<void>(open_trace(folder / "a")); }),
                 "a: not a trace of a known format"));
  write_text(folder / "b", "");
  CHECK(contains(error_of([&] { static_cast<void>(open_trace(folder / "b")); }), "b: is empty"));
  CHECK(contains(error_of([&] { static_cast<void>(open_trace(folder / "absent")); }), "absent"));
  CHECK(contains(error_of([&] { static_cast<void>(open_trace(folder.path().string())); }),
                 "not a regular file"));
}

TEST_CASE("keys and sizes alone are those of the accesses") {
  const TempDir folder;
  std::string binary;
  std::string text = "time,key,size\n";
  for (std::uint32_t i = 0; i < 600; ++i) {
    binary += record(i, i % 37, 1 + i % 5, -1);
    text += std::to_string(i) + "," + std::to_string(i % 37) + "," + std::to_string(1 + i % 5) + "\n";
  }
  write_text(folder / "a.bin", binary);
  write_text(folder / "a.csv", text);
  for (const char* name : {"a.bin", "a.csv"}) {
    const auto reader = open_trace(folder / name);
    std::vector<KeyedSize> batch(400);
    std::uint64_t i = 0;
    while (const std::size_t count = reader->next_keys(batch)) {
      for (std::size_t k = 0; k < count; ++k, ++i)
        CHECK(batch[k] == KeyedSize{.key = i % 37, .size = 1 + i % 5});
    }
    CHECK(i == 600);
  }
  write_text(folder / "bad.bin", binary + record(0, 1, 1, -1));
  const auto bad = open_trace(folder / "bad.bin");
  std::vector<KeyedSize> batch(1000);
  CHECK_THROWS_AS(
      [&] {
        while (bad->next_keys(batch) != 0) {
        }
      }(),
      Error);
}

TEST_CASE("every format has a summary and a way to open") {
  for (const FormatDescriptor& format : FormatRegistry::instance().items()) {
    CHECK_MESSAGE(!format.summary.empty(), format.name);
    CHECK_MESSAGE(bool(format.detect), format.name);
    CHECK_MESSAGE(bool(format.open), format.name);
  }
  CHECK(FormatRegistry::instance().items().size() == 8);
}

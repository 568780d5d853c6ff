// SPDX-License-Identifier: Apache-2.0
// Whatever happens to a file, a reader yields records or throws Error{kInput}; nothing else.
#include <doctest/doctest.h>

#include <cstring>

#include "core/rng.h"
#include "trace/format.h"
#include "trace/output.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

std::string oracle_sample() {
  std::string bytes;
  for (std::uint32_t i = 0; i < 12; ++i) {
    char record[24];
    const std::uint64_t id = i % 3;
    const std::int64_t next = i < 9 ? static_cast<std::int64_t>(i) + 4 : -1;
    const std::uint32_t size = 100 + i;
    std::memcpy(record, &i, 4);
    std::memcpy(record + 4, &id, 8);
    std::memcpy(record + 12, &size, 4);
    std::memcpy(record + 16, &next, 8);
    bytes.append(record, sizeof record);
  }
  return bytes;
}

// A few records of every format.
std::vector<std::pair<std::string, std::string>> samples() {
  return {
      {"native",
       "{\"format\":\"cachebench-trace\",\"version\":1,\"block_tokens\":16,\"requests\":2}\n"
       "{\"t\":5,\"session\":7,\"inputs\":[{\"kind\":\"text\",\"hash\":\"ab\",\"tokens\":5,\"simhash\":"
       "\"0f\"},"
       "{\"kind\":\"image\",\"hash\":\"cd\",\"width\":64,\"height\":32,\"bytes\":10,\"phash\":\"ff\"}]}\n"
       "{\"t\":6,\"input_tokens\":20,\"prefix_blocks\":[\"x\",\"y\"],\"output_tokens\":3}\n"},
      {"mooncake",
       "{\"timestamp\": 0, \"input_length\": 600, \"output_length\": 5, \"hash_ids\": [0, 1]}\n"
       "{\"timestamp\": 9, \"input_length\": 100, \"output_length\": 5, \"hash_ids\": [0]}\n"},
      {"bailian",
       "{\"chat_id\": 1, \"parent_chat_id\": -1, \"timestamp\": 0.5, \"input_length\": 20, "
       "\"output_length\": 1, "
       "\"type\": \"text\", \"turn\": 1, \"hash_ids\": [1, 2]}\n"
       "{\"chat_id\": 2, \"parent_chat_id\": 1, \"timestamp\": 1.5, \"input_length\": 20, \"output_length\": "
       "1, "
       "\"type\": \"text\", \"turn\": 2, \"hash_ids\": [1, 2]}\n"},
      {"azure-llm", "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n"},
      {"azure-lmm",
       "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.68,2,374,44\r\n"},
      {"csv", "time,key,size,kind\n0,1,10,image\n1.5,abc,20,text\n"},
      {"libcachesim-csv", "version,time,op,size,lbn\n1,5,2a,512,99\n1,6,2a,512,98\n"},
      {"oracleGeneral", oracle_sample()},
  };
}

// True when the file was read or refused as it should be.
bool behaves(const std::string& path, const ReadOptions& options) {
  try {
    const auto reader = open_trace(path, options);
    if (reader->trace_class() == TraceClass::kRequests) {
      Request request;
      while (reader->next(request)) {
      }
    } else {
      std::array<ObjectAccess, 5> batch;
      while (reader->next(std::span(batch)) > 0) {
      }
    }
    return true;
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kInput && std::string(error.what()).find('\n') == std::string::npos;
  } catch (...) {
    return false;
  }
}

std::string damaged(std::string text, Rng& rng) {
  const std::uint64_t changes = 1 + rng.below(3);
  for (std::uint64_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = rng.below(text.size());
    switch (rng.below(5)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << rng.below(8)));
        break;
      case 1:
        text[at] = static_cast<char>(rng.below(256));
        break;
      case 2:
        text.erase(at, 1 + rng.below(6));
        break;
      case 3:
        text.insert(at, text.substr(rng.below(text.size()), 1 + rng.below(20)));
        break;
      default: {
        const char* const words[] = {"-", "nan", "1e999", "99999999999999999999", "null", "\"", "{",
                                     "[", "\n",  "\0x"};
        text.insert(at, words[rng.below(std::size(words))]);
      }
    }
  }
  return text;
}

}  // namespace

TEST_CASE("the samples are whole and cover every format") {
  const TempDir folder;
  std::vector<std::string> covered;
  for (const auto& sample : samples()) {
    const auto& format = sample.first;
    const auto& text = sample.second;
    write_text(folder / "a", text);
    CHECK_MESSAGE(error_of_reading(folder / "a") == "", format);
    covered.push_back(format);
  }
  std::sort(covered.begin(), covered.end());
  CHECK(covered == FormatRegistry::instance().names());
}

TEST_CASE("files cut anywhere are read or refused") {
  const TempDir folder;
  for (const auto& sample : samples()) {
    const auto& format = sample.first;
    const auto& text = sample.second;
    for (std::size_t size = 0; size < text.size(); ++size) {
      write_text(folder / "a", text.substr(0, size));
      REQUIRE_MESSAGE(behaves(folder / "a", {}), format << " cut to " << size);
      REQUIRE_MESSAGE(behaves(folder / "a", {.format = format, .skip_bad = size % 3}),
                      format << " cut to " << size);
    }
  }
}

TEST_CASE("files with flipped, lost and doubled bytes are read or refused") {
  const TempDir folder;
  Rng rng(11);
  for (const auto& sample : samples()) {
    const auto& format = sample.first;
    const auto& text = sample.second;
    for (int i = 0; i < 300; ++i) {
      const std::string bad = damaged(text, rng);
      write_text(folder / "a", bad);
      const ReadOptions given{.format = format, .skip_bad = rng.below(4)};
      REQUIRE_MESSAGE(behaves(folder / "a", i % 2 == 0 ? given : ReadOptions{}), format << ": " << bad);
    }
  }
}

TEST_CASE("damaged compressed files are read or refused") {
  const TempDir folder;
  Rng rng(12);
  for (const auto& sample : samples()) {
    const auto& format = sample.first;
    const auto& text = sample.second;
    TraceOutput output(folder / "whole.zst");
    output.write(text);
    output.finish();
    const std::string whole = read_text(folder / "whole.zst");
    for (int i = 0; i < 100; ++i) {
      write_text(folder / "a.zst",
                 i % 3 == 0 ? whole.substr(0, rng.below(whole.size())) : damaged(whole, rng));
      REQUIRE_MESSAGE(behaves(folder / "a.zst", {}), format);
    }
  }
}

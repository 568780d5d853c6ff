// SPDX-License-Identifier: Apache-2.0
#include "bench/config/transfer_section.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "bench/config/load.h"
#include "core/error.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

TransferSection parsed(const std::string& text) {
  return parse_config({.name = "x", .text = R"({"cache": {"transfer": )" + text + "}}"}, {}).cache.transfer;
}

}  // namespace

TEST_CASE("a section of transfers is read in full, and reads back from what it is written as") {
  const TransferSection read = parsed(R"({"chunk": "1MiB", "small": "16KiB", "batch": 8, "streams": 3,
      "alignment": "4KiB", "ssd_block": "128KiB", "ssd_depth": 16, "staging": "64MiB", "threads": 2,
      "processors": "0,2-3", "gpu_direct": true})");
  CHECK(read == TransferSection{.chunk = kMiB,
                                .small = Bytes{16 << 10},
                                .batch = 8,
                                .streams = 3,
                                .alignment = Bytes{4096},
                                .ssd_block = Bytes{128 << 10},
                                .ssd_depth = 16,
                                .staging = kMiB * 64,
                                .threads = 2,
                                .processors = "0,2-3",
                                .gpu_direct = true});
  CHECK(parsed(to_json(read).dump()) == read);
  CHECK(parsed("{}") == TransferSection{});
  CHECK(parsed(to_json(TransferSection{}).dump()) == TransferSection{});
}

TEST_CASE("what no plane could work with is refused by its key") {
  for (const auto& [key, value] :
       std::initializer_list<std::pair<std::string, std::string>>{{"chunk", "\"4KiB\""},
                                                                  {"alignment", "100"},
                                                                  {"alignment", "384"},
                                                                  {"alignment", "\"4MiB\""},
                                                                  {"ssd_block", "1000"},
                                                                  {"ssd_block", "0"},
                                                                  {"ssd_block", "\"32MiB\""},
                                                                  {"ssd_depth", "0"},
                                                                  {"batch", "0"},
                                                                  {"streams", "4"},
                                                                  {"threads", "0"},
                                                                  {"processors", "\"2-1\""},
                                                                  {"processors", "\"all\""},
                                                                  {"gpu_direct", "1"},
                                                                  {"strems", "1"}}) {
    CAPTURE(key);
    CAPTURE(value);
    std::string message;
    try {
      (void)parsed("{\"" + key + "\": " + value + "}");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kUsage);
      message = error.what();
    }
    CHECK(message.find(key) != std::string::npos);
  }
}

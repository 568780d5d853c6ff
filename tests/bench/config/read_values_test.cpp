// SPDX-License-Identifier: Apache-2.0
#include "bench/config/read_values.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace cachebench::bench {
namespace {

using namespace std::chrono_literals;

RunConfig read(const char* text) {
  return read_values(nlohmann::ordered_json::parse(text), {.name = "c.json"});
}

std::string complaint(const char* text) {
  try {
    static_cast<void>(read(text));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST_CASE("nothing given is the default") {
  CHECK(read("{}") == default_config());
}

TEST_CASE("values are parsed into their types") {
  const RunConfig config = read(R"({
    "mode": "real", "nvtx": "fine", "validity": "strict",
    "trace": {"path": "t", "lowering": "blocks", "limit": 5, "miss_cost": "2ms + 10MB/s"},
    "load": {"kind": "open", "warmup": "1.5s", "max_time": 2.5, "repeat": "auto"},
    "cache": {"tiers": [{"capacity": "10%", "high_watermark": 0.9,
                         "eviction": {"policy": "lru:a=1", "b": 2}},
                        {"capacity": 4096, "device": "ssd"}]}})");
  CHECK(config.mode == RunMode::kReal);
  CHECK(config.nvtx == TraceLevel::kFine);
  CHECK(config.validity == Validity::kStrict);
  CHECK(config.trace.lowering == LoweringChoice::kBlocks);
  CHECK(config.trace.limit == 5);
  CHECK(config.trace.miss_cost == MissCost{.fixed = 2ms, .bytes_per_second = 10'000'000});
  CHECK(config.load.kind == LoadKind::kOpen);
  CHECK(config.load.warmup == Extent{.requests = 0, .time = 1500ms});
  CHECK(config.load.max_time == 2500ms);
  CHECK(config.load.repeat == 0);
  REQUIRE(config.cache.tiers.size() == 2);
  CHECK(config.cache.tiers[0].capacity == SizeSpec{.absolute = {}, .share = 0.1, .is_share = true});
  CHECK(config.cache.tiers[0].eviction.values ==
        std::map<std::string, double, std::less<>>{{"a", 1}, {"b", 2}});
  CHECK(config.cache.tiers[0].low_watermark == 0.9);
  CHECK(config.cache.tiers[0].name == "L1");
  CHECK(config.cache.tiers[1].capacity.absolute == Bytes{4096});
  CHECK(config.cache.tiers[1].name == "L2");
  CHECK(config.cache.tiers[1].device == Device::kSsd);
}

TEST_CASE("a warm-up is a number of requests or a time") {
  CHECK(read(R"({"load": {"warmup": 100}})").load.warmup == Extent{.requests = 100});
  CHECK(read(R"({"load": {"warmup": "100"}})").load.warmup == Extent{.requests = 100});
  CHECK(read(R"({"load": {"warmup": "3m"}})").load.warmup == Extent{.requests = 0, .time = 180s});
}

TEST_CASE("a miss cost without a rate leaves bytes free") {
  CHECK(read(R"({"trace": {"miss_cost": "5ms"}})").trace.miss_cost ==
        MissCost{.fixed = 5ms, .bytes_per_second = 0});
  CHECK(read(R"({"trace": {"miss_cost": 0}})").trace.miss_cost ==
        MissCost{.fixed = 0ms, .bytes_per_second = 0});
}

TEST_CASE("values that do not parse are named with their key") {
  CHECK(complaint(R"({"cache": {"tiers": [{"capacity": "12x"}]}})")
            .find("c.json: cache.tiers.0.capacity: '12x'") == 0);
  CHECK(complaint(R"({"trace": {"miss_cost": "5ms + 1GB"}})").find("trace.miss_cost: '1GB' is not a rate") !=
        std::string::npos);
  CHECK(complaint(R"({"trace": {"miss_cost": "5ms + 0B/s"}})").find("never ends") != std::string::npos);
  CHECK(complaint(R"({"load": {"max_time": "soon"}})").find("load.max_time: 'soon'") != std::string::npos);
  CHECK(complaint(R"({"load": {"repeat": "0"}})").find("load.repeat") != std::string::npos);
  CHECK(complaint(R"({"cache": {"migration": {"policy": "a:k=1", "k": 1}}})").find("given twice") !=
        std::string::npos);
}

TEST_CASE("keys without effect on a device are refused") {
  CHECK(complaint(R"({"cache": {"tiers": [{"pin_memory": true}]}})") ==
        "c.json: pin_memory has no effect on tier L1, whose device is emulated");
  CHECK(complaint(R"({"cache": {"tiers": [{}, {"compression": "zstd"}]}})")
            .find("compression has no effect on tier L2") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::bench

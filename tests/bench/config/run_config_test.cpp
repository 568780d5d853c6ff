// SPDX-License-Identifier: Apache-2.0
#include "bench/config/run_config.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "bench/config/read_values.h"
#include "bench/config/schema.h"
#include "hardware/profile.h"

namespace cachebench::bench {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

RunConfig again(const RunConfig& config) {
  const Json document = to_json(config);
  check_against_schema(document, {.name = "again"});
  return read_values(document, {.name = "again"});
}

TEST_CASE("the defaults: three tiers, and what the contract says") {
  const RunConfig config = default_config();
  REQUIRE(config.cache.tiers.size() == 3);
  CHECK(config.cache.tiers[0].device == Device::kEmulated);
  CHECK(config.cache.tiers[1].device == Device::kHost);
  CHECK(config.cache.tiers[2].device == Device::kSsd);
  for (const TierSection& tier : config.cache.tiers) {
    CHECK(tier.eviction.name == "lru");
    CHECK(tier.admission.name == "always");
    CHECK(tier.high_watermark == 1.0);
    CHECK(tier.low_watermark == 1.0);
  }
  CHECK(config.cache.migration.name == "demote-on-evict");
  CHECK(config.cache.prefetch.name == "none");
  CHECK(config.mode == RunMode::kSimulate);
  CHECK(config.profile == hardware::kDefaultProfile);
}

TEST_CASE("a resolved config reads back as itself") {
  RunConfig config = default_config();
  CHECK(again(config) == config);
  config.name = "quote \" and ü";
  config.mode = RunMode::kReal;
  config.seed = 77;
  config.trace = {.path = "a b",
                  .format = "csv",
                  .lowering = LoweringChoice::kObjects,
                  .limit = 12,
                  .miss_cost = {.fixed = 1500us, .bytes_per_second = 3},
                  .skip_bad = 4};
  config.load = {.kind = LoadKind::kOpen,
                 .in_flight = 9,
                 .speedup = 2.5,
                 .clock = LoadClock::kWall,
                 .warmup = {.requests = 0, .time = 1234567ns},
                 .max_time = 90s,
                 .repeat = 0};
  config.cache.tiers[0].capacity = {.absolute = {}, .share = 0.07, .is_share = true};
  config.cache.tiers[0].device = Device::kCuda;
  config.cache.tiers[1].pin_memory = false;
  config.cache.tiers[2].compression = "shuffle-zstd";
  config.cache.tiers[0].compression = "target";
  config.cache.tiers[0].compression_ratio = 0.25;
  config.cache.tiers[0].compression_when = cache::CompressionRule::When::kPressure;
  config.cache.tiers[0].compression_start = 0.8;
  config.cache.tiers[0].compression_stop = 0.6;
  config.cache.tiers[2].low_watermark = 0.5;
  config.cache.migration = {.name = "seed-threshold", .values = {{"prediction_threshold", 0.25}}};
  config.cache.directory = "/x";
  config.cache.cold = true;
  config.cache.transfer = {.chunk = kMiB, .streams = 3, .processors = "0", .gpu_direct = true};
  config.throttle = false;
  config.verify = true;
  config.validity = Validity::kStrict;
  config.nvtx = TraceLevel::kCoarse;
  CHECK(again(config) == config);
  config.trace.miss_cost.bytes_per_second = 0;
  config.load.warmup = {.requests = 5};
  CHECK(again(config) == config);
}

TEST_CASE("shares print as people write them, and lose nothing") {
  RunConfig config = default_config();
  for (const double percent : {10.0, 7.0, 29.0, 0.1, 33.333333333333336, 1e-9, 100.0}) {
    CAPTURE(percent);
    config.cache.tiers[0].capacity = {.absolute = {}, .share = percent / 100, .is_share = true};
    CHECK(again(config) == config);
  }
  config.cache.tiers[0].capacity.share = 0.29;
  CHECK(to_json(config)["cache"]["tiers"][0]["capacity"] == "29%");
}

TEST_CASE("the output folder is no part of the resolved config") {
  RunConfig config = default_config();
  config.output = "somewhere";
  CHECK_FALSE(to_json(config).contains("output"));
}

TEST_CASE("the cost of a plain miss") {
  CHECK(MissCost{}.work_for(Bytes{0}).fixed_ns == 1'000'000);
  CHECK(MissCost{}.work_for(Bytes{1'000'000'000}).fixed_ns == 1'001'000'000);
  CHECK(MissCost{.fixed = 5ns, .bytes_per_second = 0}.work_for(Bytes{1 << 30}).fixed_ns == 5);
  CHECK(MissCost{.fixed = 0ns, .bytes_per_second = 1}.work_for(Bytes{UINT64_MAX}).fixed_ns <= INT64_MAX);
}

}  // namespace
}  // namespace cachebench::bench

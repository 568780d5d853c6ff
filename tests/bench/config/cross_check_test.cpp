// SPDX-License-Identifier: Apache-2.0
#include "bench/config/cross_check.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "core/error.h"

namespace cachebench::bench {
namespace {

// The profiles of the tree, wherever the test program lies.
[[maybe_unused]] const int profiles_named =
    setenv("CACHEBENCH_PROFILES", (std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles").c_str(), 0);

std::string complaint(const RunConfig& config) {
  try {
    cross_check(config, {.name = "c.json"});
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

template <typename Change>
std::string complaint_after(Change change) {
  RunConfig config = default_config();
  change(config);
  return complaint(config);
}

TEST_CASE("a policy that sees the future is for a future that is fixed") {
  const auto with = [](auto change) {
    return complaint_after([&](RunConfig& c) {
      c.cache.tiers[0].eviction.name = "belady";
      change(c);
    });
  };
  CHECK(with([](RunConfig&) {}).empty());
  CHECK(with([](RunConfig& c) { c.mode = RunMode::kReal; }) ==
        "c.json: cache.tiers.0.eviction: 'belady' sees the future, and a real run has none to show: use "
        "mode simulate");
  CHECK(with([](RunConfig& c) { c.load.kind = LoadKind::kOpen; }).find("load.kind closed") !=
        std::string::npos);
  CHECK(with([](RunConfig& c) { c.load.in_flight = 2; }).find("load.in_flight 1") != std::string::npos);
  CHECK(with([](RunConfig& c) { c.load.max_time = Nanoseconds{5}; }).find("max_time") != std::string::npos);
}

TEST_CASE("the defaults are in order") {
  CHECK(complaint(default_config()).empty());
}

TEST_CASE("the multimodal section makes sense in itself") {
  CHECK(complaint_after([](RunConfig& c) { c.multimodal.eviction.name = "lruu"; }) ==
        "c.json: multimodal.eviction: unknown eviction policy 'lruu'; did you mean 'lru'?");
  CHECK(complaint_after([](RunConfig& c) { c.multimodal.eviction.name = "belady"; }).find("the future") !=
        std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.multimodal.ttl.default_ttl = Nanoseconds{0}; }) ==
        "c.json: multimodal.ttl.default: a time to live is longer than 0");
  CHECK(complaint_after([](RunConfig& c) { c.multimodal.compression.pressure_stop = 0.95; }) ==
        "c.json: multimodal.compression.pressure_stop: 0.95 is above pressure_start 0.9");
  CHECK(complaint_after([](RunConfig& c) { c.multimodal.dynamic.max_share = 0.125; }) ==
        "c.json: multimodal.dynamic.min_share: 0.25 is above max_share 0.125");
  CHECK(complaint_after([](RunConfig& c) {
          c.multimodal.quotas["imag"] = 0.5;
        }).find("unknown kind 'imag'; known are: object, text, image") != std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.multimodal.quotas["image"] = 0.5; }).empty());
}

TEST_CASE("unknown names are told with the nearest") {
  CHECK(complaint_after([](RunConfig& c) { c.cache.tiers[1].eviction.name = "lruu"; }) ==
        "c.json: cache.tiers.1.eviction: unknown eviction policy 'lruu'; did you mean 'lru'?");
  CHECK(complaint_after([](RunConfig& c) { c.cache.tiers[0].admission.name = "alway"; }).find("'always'") !=
        std::string::npos);
  CHECK(complaint_after([](RunConfig& c) {
          c.cache.migration.name = "demote-on-evit";
        }).find("'demote-on-evict'") != std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.cache.prefetch.name = "nune"; }).find("'none'") !=
        std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.geometry = "2bb"; }).find("'2b'") != std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.trace.format = "mooncak"; }).find("'mooncake'") !=
        std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.profile = "h200-servr"; }).find("'h200-server'") !=
        std::string::npos);
}

TEST_CASE("parameters are held against their ranges") {
  CHECK(complaint_after([](RunConfig& c) { c.cache.tiers[0].eviction.values["k"] = 1; }).find("'k'") !=
        std::string::npos);
  CHECK(complaint_after([](RunConfig& c) {
          c.cache.migration = {.name = "seed-threshold", .values = {{"prediction_threshold", 2}}};
        }).find("prediction_threshold") != std::string::npos);
}

TEST_CASE("keys that contradict each other") {
  CHECK(complaint_after([](RunConfig& c) { c.cache.tiers[0].high_watermark = 0.5; }).find("low_watermark") !=
        std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.cache.tiers[2].name = "L1"; }).find("'L1' is given twice") !=
        std::string::npos);
  CHECK(complaint_after([](RunConfig& c) {
          c.cache.tiers[0].device = Device::kSsd;
        }).find("'host' below 'ssd'") != std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.cache.tiers[0].device = Device::kHost; }).find("one each") !=
        std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.load.clock = LoadClock::kWall; }).find("load.clock") !=
        std::string::npos);
  CHECK(complaint_after([](RunConfig& c) { c.cache.tiers[1].device = Device::kNull; }).empty());
  CHECK(complaint_after([](RunConfig& c) {
          c.cache.tiers[1].device = Device::kNull;
          c.mode = RunMode::kReal;
        }).find("cannot serve a real run") != std::string::npos);
}

TEST_CASE("a resolved config names every parameter") {
  RunConfig config = default_config();
  config.cache.migration = {.name = "seed-threshold", .values = {{"prediction_window", 7}}};
  complete_parameters(config);
  CHECK(config.cache.migration.values.at("prediction_window") == 7);
  CHECK(config.cache.migration.values.at("migration_threshold_high_freq") == 4);
}

}  // namespace
}  // namespace cachebench::bench

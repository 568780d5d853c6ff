// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_config.h"

#include <doctest/doctest.h>

#include "core/error.h"

namespace cachebench::cache {
namespace {

TEST_CASE("the source document's configuration becomes three tiers and its migration policy") {
  const CacheConfig config{.l1_cache_size = Bytes{1000},
                           .l2_cache_size = Bytes{2000},
                           .l3_cache_size = Bytes{3000},
                           .l2_eviction_policy = "lfu",
                           .migration_threshold_high_freq = 5,
                           .migration_time_threshold = 60};
  const EngineOptions options = engine_options(config, 9);
  REQUIRE(options.tiers.size() == 3);
  CHECK(options.seed == 9);
  CHECK(options.tiers[0].name == "L1");
  CHECK(options.tiers[0].medium == hardware::Medium::kDevice);
  CHECK(options.tiers[0].capacity == Bytes{1000});
  CHECK(options.tiers[1].medium == hardware::Medium::kHost);
  CHECK(options.tiers[1].eviction.name == "lfu");
  CHECK(options.tiers[2].medium == hardware::Medium::kSsd);
  CHECK(options.tiers[2].eviction.name == "fifo");
  CHECK(options.migration.name == "seed-threshold");
  CHECK(options.migration.values.at("migration_threshold_high_freq") == 5);
  CHECK(options.migration.values.at("migration_threshold_medium_freq") == 2);
  CHECK(options.migration.values.at("migration_time_threshold") == 60);
  CHECK(options.migration.values.at("prediction_window") == 200);
  CHECK(options.migration.values.at("prediction_threshold") == 0.7);
}

TEST_CASE("senseless fields are named") {
  CacheConfig config;
  config.l3_eviction_policy = "fifoo";
  CHECK_THROWS_WITH_AS(static_cast<void>(engine_options(config)),
                       "l3_eviction_policy: unknown eviction policy 'fifoo'; did you mean 'fifo'?", Error);
  config = {};
  config.prediction_threshold = 2;
  CHECK_THROWS_WITH_AS(static_cast<void>(engine_options(config)), doctest::Contains("prediction_threshold"),
                       Error);
}

}  // namespace
}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#include "bench/config/plugin_keys.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "bench/config/schema.h"
#include "core/error.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

Json translated(const std::string& plugin, const std::string& document,
                Conflict conflict = Conflict::kRefuse) {
  Json json = Json::parse(document);
  translate_plugin_keys(Json{{"plugin", Json::parse(plugin)}}, json, {.name = "c.json"}, conflict);
  return json;
}

TEST_CASE("flat keys go where they belong") {
  CHECK(translated(R"({"l2_cache_size": "1MiB"})", "{}") ==
        Json::parse(R"({"cache": {"tiers": [{}, {"capacity": "1MiB"}, {}]}})"));
  CHECK(translated(R"({"l3_eviction_policy": "fifo", "l3_compression": true})", "{}") ==
        Json::parse(
            R"({"cache": {"tiers": [{}, {}, {"eviction": {"policy": "fifo"}, "compression": "zstd"}]}})"));
  CHECK(translated(R"({"l2_pin_memory": false})", R"({"cache": {"tiers": [{}, {"name": "x"}]}})") ==
        Json::parse(R"({"cache": {"tiers": [{}, {"name": "x", "pin_memory": false}]}})"));
  CHECK(translated(R"({"prediction_window": 9})", "{}") ==
        Json::parse(R"({"cache": {"migration": {"policy": "seed-threshold", "prediction_window": 9}}})"));
  CHECK(translated("{}", R"({"name": "x"})") == Json::parse(R"({"name": "x"})"));
}

TEST_CASE("every plugin key of the schema has an effect") {
  for (const SchemaKey& key : schema_keys()) {
    if (!key.path.starts_with("plugin.")) continue;
    CAPTURE(key.path);
    const Json value = key.type == "a boolean" ? Json(true) : key.type == "a string" ? Json("lfu") : Json(1);
    const Json plugin{{key.path.substr(std::string("plugin.").size()), value}};
    CHECK_FALSE(translated(plugin.dump(), "{}").empty());
  }
}

TEST_CASE("given both ways with different values is an error, with equal ones not") {
  const std::string tiers = R"({"cache": {"tiers": [{"capacity": "1MiB"}]}})";
  CHECK(translated(R"({"l1_cache_size": 1048576})", tiers)["cache"]["tiers"][0]["capacity"] == 1048576);
  CHECK_THROWS_WITH_AS(
      translated(R"({"l1_cache_size": 5})", tiers),
      "c.json: plugin.l1_cache_size means capacity 5, but the config gives \"1MiB\": leave one of "
      "them out",
      Error);
  CHECK(translated(R"({"l1_cache_size": 5})", tiers, Conflict::kReplace)["cache"]["tiers"][0]["capacity"] ==
        5);

  const std::string migration = R"({"cache": {"migration": {"policy": "demote-on-evict", "k": 1}}})";
  CHECK_THROWS_AS(translated(R"({"prediction_window": 5})", migration), Error);
  CHECK(translated(R"({"prediction_window": 5})", migration, Conflict::kReplace)["cache"]["migration"] ==
        Json::parse(R"({"policy": "seed-threshold", "prediction_window": 5})"));
}

TEST_CASE("a key of a tier that is not there says so") {
  CHECK_THROWS_WITH_AS(translated(R"({"l3_cache_size": 5})", R"({"cache": {"tiers": [{}, {}]}})"),
                       "c.json: plugin.l3_cache_size needs tier 3, and cache.tiers has 2", Error);
}

}  // namespace
}  // namespace cachebench::bench

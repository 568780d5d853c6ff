// SPDX-License-Identifier: Apache-2.0
#include "bench/config/schema.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "support/temp_dir.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

std::string complaint(const std::string& text) {
  try {
    check_against_schema(Json::parse(text), {.name = "c.json", .text = text});
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST_CASE("the schema in the program is the file in the tree") {
  const std::string path = std::string(CACHEBENCH_SOURCE_DIR) + "/configs/schema/run.schema.json";
  CHECK(run_schema() == Json::parse(testing::read_text(path)));
}

TEST_CASE("every leaf key is explained, and there is one of each") {
  std::set<std::string> paths;
  for (const SchemaKey& key : schema_keys()) {
    CAPTURE(key.path);
    CHECK(paths.insert(key.path).second);
    CHECK_FALSE(key.description.empty());
    CHECK_FALSE(key.type.empty());
  }
  for (const char* key :
       {"name", "mode", "seed", "profile", "trace.path", "trace.miss_cost", "model.geometry", "load.kind",
        "load.clock", "cache.tiers[].capacity", "cache.tiers[].eviction", "cache.migration",
        "device.throttle", "verify", "plugin.l1_cache_size"}) {
    CAPTURE(key);
    CHECK(paths.count(key) == 1);
  }
}

TEST_CASE("keys are found however their indices are written") {
  CHECK(find_schema_key("load.kind").type == "one of closed, open");
  CHECK(find_schema_key("load.kind").default_text == "\"closed\"");
  CHECK(find_schema_key("cache.tiers.0.capacity").path == "cache.tiers[].capacity");
  CHECK(find_schema_key("cache.tiers[1].capacity").path == "cache.tiers[].capacity");
  CHECK(find_schema_key("cache.tiers[].eviction.policy").path == "cache.tiers[].eviction");
  CHECK_THROWS_WITH_AS(static_cast<void>(find_schema_key("load.kin")),
                       "unknown key 'load.kin'; did you mean 'load.kind'?", Error);
}

TEST_CASE("unknown keys name the nearest known one in their place") {
  CHECK(complaint(R"({"trace": {"path": "x", "lowring": "graph"}})") ==
        "c.json:1: unknown key 'lowring' in trace; did you mean 'lowering'?");
  CHECK(complaint("{\n\"lod\": {}}") == "c.json:2: unknown key 'lod'; did you mean 'load'?");
  CHECK(complaint(R"({"in_flight": 3})") ==
        "c.json:1: unknown key 'in_flight'; it belongs to 'load.in_flight'");
  CHECK(complaint(R"({"cache": {"tiers": [{}, {"capcity": 3}]}})") ==
        "c.json:1: unknown key 'capcity' in cache.tiers.1; did you mean 'capacity'?");
  CHECK(complaint(R"({"plugin": {"l1_cache_sizex": 3}})") ==
        "c.json:1: unknown key 'l1_cache_sizex' in plugin; did you mean 'l1_cache_size'?");
}

TEST_CASE("values of the wrong type or out of range say what is accepted") {
  CHECK(complaint(R"({"load": {"in_flight": 0}})") ==
        "c.json:1: load.in_flight is 0: expected an integer of at least 1 and at most 1024");
  CHECK(complaint(R"({"load": {"kind": "opn"}})") ==
        "c.json:1: load.kind is \"opn\": expected one of closed, open");
  CHECK(complaint(R"({"verify": 1})") == "c.json:1: verify is 1: expected a boolean");
  CHECK(complaint(R"({"trace": 5})") == "c.json:1: trace is 5: expected an object");
  CHECK(complaint(R"({"load": {"speedup": -1}})").find("a number above 0") != std::string::npos);
  CHECK(complaint(R"({"cache": {"tiers": []}})").find("a list of 1 to 3") != std::string::npos);
  CHECK(complaint(R"({"cache": {"migration": {"policy": "none", "k": "x"}}})")
            .find("cache.migration.k is \"x\"") != std::string::npos);
  CHECK(complaint(R"({"cache": {"migration": {"k": 1}}})").find("a policy by name") != std::string::npos);
  CHECK(complaint(R"([1])") == "c.json: a config is a JSON object");
}

TEST_CASE("what is in order passes") {
  CHECK(complaint("{}").empty());
  CHECK(complaint(
            R"({"$schema": "x", "trace": {"path": "x", "limit": null},
 "load": {"warmup": "10s", "repeat": "auto"},
                     "cache": {"tiers": [{"capacity": "10%", "eviction": {"policy": "lru", "any": 1.5}}]}})")
            .empty());
}

TEST_CASE("only values that must be text are taken as text") {
  CHECK(takes_text_alone({"name"}));
  CHECK(takes_text_alone({"trace", "path"}));
  CHECK(takes_text_alone({"cache", "tiers", "0", "eviction", "policy"}));
  CHECK_FALSE(takes_text_alone({"cache", "tiers", "0", "capacity"}));
  CHECK_FALSE(takes_text_alone({"seed"}));
  CHECK_FALSE(takes_text_alone({"no", "such", "key"}));
}

}  // namespace
}  // namespace cachebench::bench

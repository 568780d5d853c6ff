// SPDX-License-Identifier: Apache-2.0
#include "bench/config/load.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bench/config/schema.h"
#include "core/error.h"
#include "core/rng.h"
#include "support/other_values.h"
#include "support/temp_dir.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

[[maybe_unused]] const int profiles_named =
    setenv("CACHEBENCH_PROFILES", (std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles").c_str(), 0);

std::string complaint(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    static_cast<void>(parse_config({.name = "c.json", .text = text}, overrides));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return error.what();
  }
  return "";
}

Json resolved(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return to_json(parse_config({.name = "c.json", .text = text}, overrides));
}

TEST_CASE("every key of the schema changes the resolved config, at its own place") {
  for (const SchemaKey& key : schema_keys()) {
    if (key.path.starts_with("plugin.") || key.path == "$schema" || key.path == "output") continue;
    CAPTURE(key.path);
    REQUIRE(testing::kOtherValues.count(key.path) == 1);
    const std::string& value = testing::kOtherValues.at(key.path);
    if (value.empty()) continue;
    std::string path = key.path;
    // pin_memory is of host tiers, compression of SSD tiers.
    const char* tier = path.ends_with("pin_memory") ? "[1]" : path.ends_with("compression") ? "[2]" : "[0]";
    if (const std::size_t index = path.find("[]"); index != std::string::npos) path.replace(index, 2, tier);
    const std::vector<std::string> base =
        path == "load.clock" ? std::vector<std::string>{"mode=real"} : std::vector<std::string>{};
    std::vector<std::string> overrides = base;
    overrides.push_back(path + "=" + value);
    std::string pointer = "/" + path;
    for (char& c : pointer) {
      if (c == '.' || c == '[') c = '/';
    }
    std::erase(pointer, ']');
    const Json before = resolved("{}", base);
    const Json after = resolved("{}", overrides);
    CHECK(before.at(Json::json_pointer(pointer)) != after.at(Json::json_pointer(pointer)));
  }
}

TEST_CASE("defaults of the schema are the defaults of the program") {
  const Json defaults = resolved("{}");
  for (const SchemaKey& key : schema_keys()) {
    if (key.default_text.empty() || key.path == "output") continue;
    CAPTURE(key.path);
    std::string pointer = "/" + key.path;
    if (const std::size_t index = pointer.find("[]"); index != std::string::npos) {
      pointer.replace(index, 2,
                      pointer.ends_with("pin_memory")    ? "/1"
                      : pointer.ends_with("compression") ? "/2"
                                                         : "/0");
    }
    for (char& c : pointer) {
      if (c == '.') c = '/';
    }
    CHECK(defaults.at(Json::json_pointer(pointer)) == Json::parse(key.default_text));
  }
}

TEST_CASE("files may have comments and say where their schema is") {
  const testing::TempDir folder;
  testing::write_text(folder / "c.json",
                      "// one\n{\"$schema\": \"x\", /* two */ \"trace\": {\"path\": \"t\"}}\n");
  const RunConfig config = load_config({.file = folder / "c.json", .overrides = {"seed=5", "seed=6"}});
  CHECK(config.trace.path == "t");
  CHECK(config.seed == 6);
  CHECK_NOTHROW(require_trace(config, "c.json"));
  CHECK_THROWS_WITH_AS(require_trace(default_config(), "c.json"), doctest::Contains("trace.path is missing"),
                       Error);
}

TEST_CASE("what is wrong is told with file, place and what would be right") {
  CHECK(complaint(R"({"trace": )").find("c.json:1:") == 0);
  CHECK(complaint("{\n\"name\": \"a\",\n\"name\": \"b\"}") ==
        "c.json: key 'name' is given twice in one object");
  CHECK(complaint(R"({"a": {"x": 1}, "b": {"x": 1}})").find("unknown key 'a'") != std::string::npos);
  CHECK(complaint("{}", {"load.knd=open"}).find("--set load.knd=open: unknown key 'knd' in load") == 0);
  CHECK(complaint("{}", {"load.kind=opn"}).find("--set load.kind=opn: load.kind is \"opn\"") == 0);
  CHECK(complaint("{}", {"seed=1e400"}).find("--set seed=1e400") == 0);
  CHECK(complaint(R"({"seed": 1e400})").find("c.json") == 0);
  CHECK(complaint(R"({"load": {"speedup": NaN}})").find("c.json:1:") == 0);
  CHECK(complaint(R"({"seed": -1})").find("seed is -1") != std::string::npos);
  CHECK(complaint("").find("c.json:1:") == 0);
  CHECK(complaint("[]").find("JSON object") != std::string::npos);
  const testing::TempDir folder;
  CHECK_THROWS_WITH_AS(static_cast<void>(load_config({.file = folder / "absent.json", .overrides = {}})),
                       doctest::Contains("absent.json"), Error);
}

TEST_CASE("overrides win over the file, its plugin keys included") {
  const std::string text = R"({"plugin": {"l1_cache_size": 4096, "prediction_window": 9}})";
  CHECK(resolved(text)["cache"]["tiers"][0]["capacity"] == 4096);
  CHECK(resolved(text)["cache"]["migration"]["policy"] == "seed-threshold");
  CHECK(resolved(text, {"cache.tiers.0.capacity=5"})["cache"]["tiers"][0]["capacity"] == 5);
  CHECK(resolved(text, {"plugin.l1_cache_size=6"})["cache"]["tiers"][0]["capacity"] == 6);
  CHECK(resolved(text, {"cache.migration.policy=none"})["cache"]["migration"] == Json{{"policy", "none"}});
  CHECK_FALSE(resolved(text).contains("plugin"));
}

TEST_CASE("a resolved config loads as itself") {
  const Json once = resolved(R"({"plugin": {"l3_compression": true, "migration_time_threshold": 1.5}})",
                             {"cache.tiers.L2.capacity=12.5%"});
  CHECK(resolved(once.dump()) == once);
}

TEST_CASE("no text crashes the loader") {
  const std::string good =
      R"({"trace": {"path": "t", "limit": 5}, "cache": {"tiers": [{"capacity": "10%"}, {}]},)"
      R"( "plugin": {"l1_cache_size": 7}})";
  Rng rng(3);
  for (int i = 0; i < 3000; ++i) {
    std::string text = good;
    for (std::uint64_t edits = rng.below(4) + 1; edits > 0; --edits) {
      const std::size_t at = rng.below(text.size());
      switch (rng.below(3)) {
        case 0:
          text[at] = static_cast<char>(rng.below(256));
          break;
        case 1:
          text.erase(at, rng.below(8));
          break;
        default:
          text.insert(at, good.substr(rng.below(good.size()), rng.below(12)));
      }
    }
    // Either it loads, or it is refused in one line.
    static_cast<void>(complaint(text));
  }
}

}  // namespace
}  // namespace cachebench::bench

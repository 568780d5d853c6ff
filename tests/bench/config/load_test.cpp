// SPDX-License-Identifier: Apache-2.0
#include "bench/config/load.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/config/schema.h"
#include "core/error.h"
#include "core/rng.h"
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

/// A value other than the default for every leaf key, as an override.
const std::map<std::string, std::string> kOtherValues{
    {"name", "other"},
    {"mode", "real"},
    {"seed", "2"},
    {"profile", "h200-server"},
    {"trace.path", "x"},
    {"trace.format", "csv"},
    {"trace.lowering", "blocks"},
    {"trace.limit", "5"},
    {"trace.miss_cost", "3ms"},
    {"trace.skip_bad", "1"},
    {"model.geometry", "tiny"},
    {"load.kind", "open"},
    {"load.in_flight", "2"},
    {"load.speedup", "2"},
    {"load.clock", "wall"},
    {"load.warmup", "5"},
    {"load.max_time", "5s"},
    {"load.repeat", "auto"},
    {"cache.tiers[].name", "top"},
    {"cache.tiers[].device", "cuda"},
    {"cache.tiers[].capacity", "1KiB"},
    {"cache.tiers[].eviction", "{\"policy\": \"lfu\"}"},
    {"cache.tiers[].admission", "{\"policy\": \"n-hit\"}"},
    {"cache.tiers[].high_watermark", "0.5"},
    {"cache.tiers[].low_watermark", "0.5"},
    {"cache.tiers[].pin_memory", "false"},
    {"cache.tiers[].compression", "zstd"},
    {"cache.tiers[].compression_ratio", "0.25"},
    {"cache.tiers[].compression_when", "pressure"},
    {"cache.tiers[].compression_start", "0.95"},
    {"cache.tiers[].compression_stop", "0.5"},
    {"cache.migration", "{\"policy\": \"none\"}"},
    {"cache.prefetch.policy", "markov"},
    {"cache.prefetch.budget", "1MiB"},
    {"cache.prefetch.wait", "deadline"},
    {"cache.prefetch.timeout_base", "2ms"},
    {"cache.prefetch.timeout_ns_per_byte", "3"},
    {"cache.prefetch.wait_cap", "4ms"},
    {"cache.prefetch.slack", "5ms"},
    {"cache.directory", "x"},
    {"cache.cold", "true"},
    {"device.throttle", "false"},
    {"multimodal.enabled", "true"},
    {"multimodal.capacity", "1GiB"},
    {"multimodal.eviction", "{\"policy\": \"lfu\"}"},
    {"multimodal.hash", "xxh3-128"},
    {"multimodal.similarity.enabled", "true"},
    {"multimodal.similarity.threshold", "0.5"},
    {"multimodal.similarity.top_k", "3"},
    {"multimodal.similarity.text", "false"},
    {"multimodal.similarity.image", "false"},
    {"multimodal.similarity.embedding", "true"},
    {"multimodal.similarity.confirm", "true"},
    {"multimodal.ttl.enabled", "true"},
    {"multimodal.ttl.default", "5m"},
    {"multimodal.compression.enabled", "true"},
    {"multimodal.compression.ratio", "0.25"},
    {"multimodal.compression.when", "always"},
    {"multimodal.compression.pressure_start", "0.95"},
    {"multimodal.compression.pressure_stop", "0.5"},
    {"multimodal.dynamic.enabled", "true"},
    {"multimodal.dynamic.min_share", "0.5"},
    {"multimodal.dynamic.max_share", "0.75"},
    {"multimodal.quotas", "{\"image\": 0.5}"},
    {"multimodal.share_encoder", "false"},
    {"visual.enabled", "true"},
    {"visual.max_entries", "7"},
    {"visual.max_vram", "1GiB"},
    {"visual.eviction", "lru"},
    {"visual.minimum_stable_blocks", "4"},
    {"async.enabled", "false"},
    {"async.max_concurrent_requests", "3"},
    {"async.buffer_size", "5"},
    {"async.back_pressure", "shed"},
    {"async.batching", "false"},
    {"async.batch_timeout", "1ms"},
    {"async.text_weight", "0.1"},
    {"async.image_weight", "0.9"},
    {"async.max_complexity", "100"},
    {"async.deadline", "2s"},
    {"pipeline.runner", "libtorch"},
    {"pipeline.checkpoint", "folder"},
    {"pipeline.dtype", "bfloat16"},
    {"pipeline.weights", "int8"},
    {"pipeline.threads", "2"},
    {"pipeline.max_batch_size", "4"},
    {"pipeline.batcher", "arrival"},
    {"pipeline.async_io", "false"},
    {"pipeline.tensor_caching", "false"},
    {"pipeline.model_caching", "false"},
    {"pipeline.caching", "kv_block"},
    {"pipeline.prefetching", "false"},
    {"pipeline.pinned_memory", "false"},
    {"pipeline.async_transfers", "false"},
    {"pipeline.streams", "1"},
    {"pipeline.queue", "2"},
    {"pipeline.workers.load", "2"},
    {"pipeline.workers.transfer", "2"},
    {"pipeline.workers.compute", "2"},
    {"pipeline.workers.post", "2"},
    {"pipeline.max_new_tokens", "8"},
    {"pipeline.objective", "2s"},
    {"verify", "true"},
    {"validity", "strict"},
    {"nvtx", "coarse"},
};

TEST_CASE("every key of the schema changes the resolved config, at its own place") {
  for (const SchemaKey& key : schema_keys()) {
    if (key.path.starts_with("plugin.") || key.path == "$schema" || key.path == "output") continue;
    CAPTURE(key.path);
    REQUIRE(kOtherValues.count(key.path) == 1);
    const std::string& value = kOtherValues.at(key.path);
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

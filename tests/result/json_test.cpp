// SPDX-License-Identifier: Apache-2.0
#include "result/json.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

TEST_CASE("a result comes back as it was written, key order and all") {
  result::RunResult sample = test::sample_result();
  sample.faults = result::Faults{.injected = 5, .detected = 4, .recovered = 3, .served_wrong = 0, .lost = 1};
  sample.status = result::Status::kInvalid;
  sample.reasons = {"schedule lag"};
  for (const result::RunResult& value : {sample, test::sample_result(), result::RunResult{}}) {
    const std::string text = result::to_text(value);
    result::RunResult back = result::from_json(Json::parse(text), "f.json");
    // Opaque parts are equal as JSON, not as text.
    CHECK(Json::parse(back.config) == Json::parse(value.config));
    CHECK(Json::parse(back.manifest) == Json::parse(value.manifest));
    back.config = value.config;
    back.manifest = value.manifest;
    CHECK(back == value);
    CHECK(result::to_text(back) == text);
    CHECK(text.find("nan") == std::string::npos);
    CHECK(text.ends_with("}\n"));
  }
}

TEST_CASE("the document has the keys of the contract") {
  const Json document = result::to_json(test::sample_result());
  for (const char* key :
       {"schema", "schema_version", "kind", "status", "reasons", "manifest", "config", "trace", "totals",
        "tiers", "kinds", "misses_by_cause", "latency", "model_check", "series", "decision_log_hash"}) {
    CAPTURE(key);
    CHECK(document.contains(key));
  }
  for (const char* key : {"name", "device", "capacity_bytes", "peak_bytes", "accesses", "hits", "misses",
                          "evictions", "promotions_in", "demotions_in", "bytes_read", "bytes_written"}) {
    CHECK(document["tiers"][0].contains(key));
  }
  for (const char* key : {"basis", "count", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns"}) {
    CHECK(document["latency"]["L1"].contains(key));
  }
  CHECK(!document.contains("faults"));
  CHECK(document["latency"]["L1"]["basis"] == "emulated");
  CHECK(document["series"][0].contains("t_ns"));
  CHECK(document["model_check"][0]["error_ratio"].get<double>() == doctest::Approx(0.0375));
}

TEST_CASE("an empty result has nulls with reasons, never a number that is none") {
  const Json document = result::to_json(result::RunResult{});
  CHECK(document["totals"]["hit_ratio"].is_null());
  CHECK(document["null_reasons"]["totals.hit_ratio"].is_string());
  CHECK(document["null_reasons"]["totals.accesses_per_second"].is_string());
}

TEST_CASE("what a document lacks is named with its file") {
  const Json whole = Json::parse(result::to_text(test::sample_result()));
  for (const char* key : {"schema", "schema_version", "kind", "status", "reasons", "manifest", "config",
                          "trace", "totals", "tiers", "kinds", "misses_by_cause", "latency"}) {
    Json cut = whole;
    cut.erase(key);
    try {
      (void)result::from_json(cut, "a/b.json");
      FAIL("read without ", key);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kInput);
      CHECK(std::string(error.what()) == std::string("a/b.json: key '") + key + "' is missing");
    }
  }
  Json other = whole;
  other["added"]["later"] = 1;
  other["totals"]["also"] = "x";
  CHECK(result::from_json(other, "f").totals == test::sample_result().totals);
  other["latency"]["L1"]["basis"] = "guessed";
  CHECK_THROWS_WITH_AS((void)result::from_json(other, "f"),
                       "f: key 'latency.L1.basis' is 'guessed', not measured, modelled or emulated", Error);
  other = whole;
  other["status"] = "fine";
  CHECK_THROWS_AS((void)result::from_json(other, "f"), Error);
}

TEST_CASE("any damage to any one value is read or refused, never worse") {
  const Json whole = Json::parse(result::to_text(test::sample_result()));
  const Json flat = whole.flatten();
  const Json wrong[] = {Json(-1),   Json("x"),     Json(nullptr), Json(1.5),
                        Json(true), Json::array(), Json::object()};
  std::size_t at = 0;
  std::size_t refused = 0;
  for (const auto& [path, value] : flat.items()) {
    if (path.starts_with("/series/") || path.find("/buckets/") != std::string::npos) continue;
    Json damaged = whole;
    damaged[Json::json_pointer(path)] = wrong[at++ % std::size(wrong)];
    try {
      (void)result::from_json(damaged, "f");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kInput);
      ++refused;
    }
  }
  CHECK(refused > 60);
}

TEST_CASE("counts beyond what JSON keeps exact are refused; a seed may use all of its bits") {
  result::RunResult result = test::sample_result();
  result.manifest = R"({"seed":18446744073709551615})";
  CHECK(result::to_json(result)["manifest"]["seed"].get<std::uint64_t>() == UINT64_MAX);
  result.totals.bytes_requested = 1ULL << 53U;
  CHECK_THROWS_AS((void)result::to_json(result), Error);
}

TEST_CASE("hostile names survive the file") {
  result::RunResult result = test::sample_result();
  result.trace.name = "\xFF\xFE </script> \"\\\n";
  const Json back = Json::parse(result::to_text(result));
  CHECK(back["trace"]["name"].get<std::string>().find("</script> \"\\\n") != std::string::npos);
}

TEST_CASE("files are written whole and read back; a missing one is named") {
  const auto path =
      std::filesystem::temp_directory_path() / ("cachebench-result-" + std::to_string(::getpid()));
  result::write_result(path.string(), test::sample_result());
  CHECK(result::read_result(path.string()).totals == test::sample_result().totals);
  write_file(path.string(), "{}");
  CHECK_THROWS_AS((void)result::read_result(path.string()), Error);
  std::filesystem::remove(path);
  try {
    (void)result::read_result(path.string());
    FAIL("not thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kInput);
    CHECK(std::string(error.what()).find(path.filename().string()) != std::string::npos);
  }
  CHECK_THROWS_AS(result::write_result("/proc/none/result.json", test::sample_result()), Error);
}

TEST_CASE("every identity is held, one by one") {
  const result::RunResult sample = test::sample_result();
  CHECK(result::broken_identities(sample).empty());
  const auto breaks = [&](auto&& change) {
    result::RunResult result = sample;
    change(result);
    return !result::broken_identities(result).empty();
  };
  CHECK(breaks([](auto& r) { ++r.totals.misses; }));
  CHECK(breaks([](auto& r) { ++r.totals.covered; }));
  CHECK(breaks([](auto& r) { ++r.tiers[1].hits; }));
  CHECK(breaks([](auto& r) { ++r.tiers[2].misses; }));
  CHECK(breaks([](auto& r) { r.tiers[0].peak_bytes = r.tiers[0].capacity_bytes + 1; }));
  CHECK(breaks([](auto& r) { ++r.kinds["text"].accesses; }));
  CHECK(breaks([](auto& r) { r.kinds.erase("image"); }));
  CHECK(breaks([](auto& r) { ++r.misses_by_cause.expired; }));
  CHECK(breaks([](auto& r) { ++r.prefetch->late.count; }));
  CHECK(breaks([](auto& r) { ++r.prefetch->issued.bytes; }));
}

// As much of JSON Schema as the schema of results uses; returns the first thing that does not fit.
std::string misfit(const Json& value, Json schema, const Json& root, const std::string& at) {
  if (schema.contains("$ref"))
    schema = root.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
  if (schema.contains("const") && value != schema["const"]) return at + " is not the constant";
  if (schema.contains("enum")) {
    const Json& allowed = schema["enum"];
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
      return at + " is none of the allowed";
  }
  if (schema.contains("type")) {
    const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    const auto fits = [&](const Json& type) {
      return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
             (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
             (type == "null" && value.is_null()) || (type == "integer" && value.is_number_integer()) ||
             (type == "number" && value.is_number());
    };
    if (std::none_of(types.begin(), types.end(), fits)) return at + " has the wrong type";
  }
  if (schema.contains("minimum") && value.is_number() &&
      value.get<double>() < schema["minimum"].get<double>()) {
    return at + " is too small";
  }
  for (const Json& key : schema.value("required", Json::array())) {
    if (!value.contains(key.get<std::string>())) return at + "/" + key.get<std::string>() + " is missing";
  }
  const Json properties = schema.value("properties", Json::object());
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      Json inner =
          properties.contains(key) ? properties[key] : schema.value("additionalProperties", Json::object());
      if (properties.empty() && !schema.contains("additionalProperties")) continue;
      if (inner.empty()) return at + "/" + key + " is not described";
      if (std::string bad = misfit(member, inner, root, at + "/" + key); !bad.empty()) return bad;
    }
  }
  if (value.is_array() && schema.contains("items") && schema["items"].is_object()) {
    for (const Json& item : value) {
      if (std::string bad = misfit(item, schema["items"], root, at + "[]"); !bad.empty()) return bad;
    }
  }
  return "";
}

TEST_CASE("the schema describes every key that is written, and refuses what is not so") {
  const Json schema = read_json_file(
      std::string(CACHEBENCH_SOURCE_DIR) + "/configs/schema/result.schema.json", ErrorKind::kInput);
  result::RunResult sample = test::sample_result();
  sample.faults = result::Faults{};
  const Json document = result::to_json(sample);
  CHECK(misfit(document, schema, schema, "") == "");
  CHECK(misfit(result::to_json(result::RunResult{}), schema, schema, "") == "");
  for (const char* path : {"/totals/hits", "/tiers/1/peak_bytes", "/kinds/text/saved_ns", "/latency/L1/basis",
                           "/misses_by_cause/cold", "/series/3/t_ns", "/model_check/0/kind", "/status",
                           "/faults/lost", "/bounds/compulsory_misses", "/bounds/worth_ns_per_byte/L1",
                           "/prefetch/late/bytes", "/tiers/0/facts/switches"}) {
    CAPTURE(path);
    Json damaged = document;
    damaged[Json::json_pointer(path)] = Json::array();
    CHECK(misfit(damaged, schema, schema, "").find(path + std::string(path).rfind('/')) != std::string::npos);
  }
}

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "hardware/profile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_file.h"
#include "support/temp_dir.h"

namespace {

using cachebench::Error;
using cachebench::ErrorKind;
using cachebench::testing::TempDir;
using cachebench::testing::write_text;
using Json = nlohmann::ordered_json;
namespace hardware = cachebench::hardware;

const std::string kShipped = std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles";

// Points the search at one folder while alive.
class ProfileFolder {
 public:
  explicit ProfileFolder(const std::string& path) { ::setenv("CACHEBENCH_PROFILES", path.c_str(), 1); }
  ~ProfileFolder() { ::unsetenv("CACHEBENCH_PROFILES"); }
  ProfileFolder(const ProfileFolder&) = delete;
  ProfileFolder& operator=(const ProfileFolder&) = delete;
};

Json default_document() {
  return cachebench::read_json_file(kShipped + "/" + hardware::kDefaultProfile + ".json", ErrorKind::kUsage);
}

// The message with which a document is refused; "" when it is taken.
std::string refusal_of_text(const std::string& text) {
  const TempDir folder;
  const std::string path = folder / "p.json";
  write_text(path, text);
  try {
    static_cast<void>(hardware::read_profile(path));
    return "";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(std::string(error.what()).starts_with(path));
    return std::string(error.what()).substr(path.size());
  }
}

std::string refusal_of(const Json& document) {
  return refusal_of_text(document.dump());
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every shipped profile reads, is named as its file, and says where each figure comes from") {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kShipped)) {
    const hardware::Profile profile = hardware::read_profile(entry.path().string());
    CHECK(profile.name == entry.path().stem().string());
    CHECK_FALSE(profile.description.empty());
    CHECK(profile.sources.size() == 24);
    for (const auto& entry_of : profile.sources) {
      INFO(entry_of.first);
      CHECK(entry_of.second.size() > 10);
    }
    ++seen;
  }
  CHECK(seen >= 2);
}

TEST_CASE("the schema asks for the figures that are read") {
  const Json schema = cachebench::read_json_file(
      std::string(CACHEBENCH_SOURCE_DIR) + "/configs/schema/profile.schema.json", ErrorKind::kUsage);
  const Json& figures = schema["properties"]["figures"];
  const hardware::Profile profile =
      hardware::read_profile(kShipped + "/" + hardware::kDefaultProfile + ".json");
  CHECK(figures["required"].size() + 4 == profile.sources.size());  // lossy formats and hashing came later
  CHECK(figures["properties"].size() == profile.sources.size());
  for (const auto& key : figures["required"]) {
    INFO(key.get<std::string>());
    CHECK(profile.sources.contains(key.get<std::string>()));
    CHECK(figures["properties"].contains(key.get<std::string>()));
  }
}

TEST_CASE("the default profile carries the target's figures") {
  const ProfileFolder folder(kShipped);
  const hardware::Profile profile = hardware::find_profile(hardware::kDefaultProfile);
  CHECK(profile.h2d.bytes_per_second == 3.1e9);
  CHECK(profile.h2d.latency == cachebench::Nanoseconds{15000});
  CHECK(profile.d2h.bytes_per_second == 3.2e9);
  CHECK(profile.ssd_read.bytes_per_second == 2.8e9);
  CHECK(profile.ssd_read.latency == cachebench::Nanoseconds{80000});
  CHECK(profile.ssd_write.bytes_per_second == 1.5e9);
  CHECK(profile.flops_per_second == doctest::Approx(0.6 * 1.215e12));
  CHECK(profile.device_memory < cachebench::kGiB * 2);
  CHECK(profile.host_cores == 4);
}

TEST_CASE("profiles are found by name, by alias and by path") {
  const ProfileFolder folder(kShipped);
  CHECK(hardware::find_profile("h200-server").name == "h200-server");
  CHECK(hardware::find_profile("nvidia_sm61").name == hardware::kDefaultProfile);
  CHECK(hardware::find_profile(kShipped + "/h200-server.json").name == "h200-server");
  const std::vector<std::string> names = hardware::profile_names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::count(names.begin(), names.end(), "h200-server") == 1);
}

TEST_CASE("the folder named in the environment comes first") {
  const TempDir own;
  Json document = default_document();
  document["name"] = "own";
  document["description"] = "shadows the shipped one";
  write_text(own / "h200-server.json", document.dump());
  const ProfileFolder folder(own.path().string());
  CHECK(hardware::find_profile("h200-server").name == "own");
}

TEST_CASE("an unknown name tells the nearest one") {
  const ProfileFolder folder(kShipped);
  try {
    static_cast<void>(hardware::find_profile("h200-serve"));
    FAIL("found");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(has(error.what(), "did you mean 'h200-server'"));
  }
  CHECK_THROWS_AS(static_cast<void>(hardware::find_profile("")), Error);
  CHECK_THROWS_AS(static_cast<void>(hardware::find_profile("/nonexistent/p.json")), Error);
}

TEST_CASE("figures that came later may be left out, and then follow from the memory's rate") {
  Json document = default_document();
  for (const char* key : {"lossy_encode_bytes_per_second", "lossy_decode_bytes_per_second",
                          "sha256_bytes_per_second", "xxh3_bytes_per_second"}) {
    document["figures"].erase(key);
  }
  document["figures"]["host_memcpy_bytes_per_second"]["value"] = 1e10;
  const cachebench::testing::TempDir folder;
  cachebench::testing::write_text(folder / "older.json", document.dump());
  const hardware::Profile profile = hardware::read_profile(folder / "older.json");
  CHECK(profile.lossy_encode_bytes_per_second == 6e9);
  CHECK(profile.lossy_decode_bytes_per_second == 6e9);
  CHECK(profile.sha256_bytes_per_second == 4e8);
  CHECK(profile.xxh3_bytes_per_second == 8e9);
  CHECK(has(profile.sources.at("xxh3_bytes_per_second"), "assumed"));
}

TEST_CASE("each missing figure is named") {
  const Json document = default_document();
  REQUIRE(refusal_of(document).empty());
  for (const auto& [key, figure] : document["figures"].items()) {
    const bool may_be_absent =
        key.starts_with("lossy_") || key.starts_with("sha256_") || key.starts_with("xxh3_");
    Json without = document;
    without["figures"].erase(key);
    CHECK(has(refusal_of(without), "'figures." + key + "' is missing") != may_be_absent);
    Json sourceless = document;
    sourceless["figures"][key].erase("source");
    CHECK(has(refusal_of(sourceless), "'figures." + key + ".source' is missing"));
  }
  for (const char* key : {"format", "version", "name", "description", "figures"}) {
    Json without = document;
    without.erase(key);
    INFO(key);
    CHECK(has(refusal_of(without), key));
  }
}

TEST_CASE("senseless figures are refused with their key") {
  const Json document = default_document();
  const auto with = [&](const char* key, const Json& value) {
    Json changed = document;
    changed["figures"][key]["value"] = value;
    return refusal_of(changed);
  };
  for (const char* rate : {"h2d_bytes_per_second", "flops_per_second", "encode_bytes_per_second"}) {
    for (const Json& value :
         {Json(0), Json(-1.0), Json("fast"), Json(), Json(true), Json(1e19), Json::array()}) {
      INFO(rate << " = " << value.dump());
      CHECK(has(with(rate, value), std::string("'figures.") + rate + ".value'"));
    }
  }
  CHECK(has(with("h2d_latency_ns", -1), "h2d_latency_ns"));
  CHECK(has(with("h2d_latency_ns", 1.5), "whole"));
  CHECK(has(with("host_cores", 0), "host_cores"));
  CHECK(has(with("host_cores", 2.5), "host_cores"));
  CHECK(has(with("device_memory_bytes", 0), "device_memory_bytes"));
  CHECK(with("tokenize_ns", 0).empty());
  CHECK(with("preprocess_ns", 0.25).empty());
}

TEST_CASE("unknown keys are refused with the nearest known one") {
  Json document = default_document();
  document["figures"]["h2d_latency_us"] = {{"value", 1}, {"source", "x"}};
  CHECK(has(refusal_of(document), "did you mean 'h2d_latency_ns'"));
  document = default_document();
  document["nmae"] = "x";
  CHECK(has(refusal_of(document), "did you mean 'name'"));
  document = default_document();
  document["figures"]["lookup_ns"]["sauce"] = "x";
  CHECK(has(refusal_of(document), "did you mean 'source'"));
}

TEST_CASE("what is no profile at all is refused in one line") {
  for (const char* text : {"", "[]", "3", "{", "{\"format\":\"cachebench-trace\"}", "\xff\xfe",
                           "{\"figures\":{}}", "{\"format\":\"cachebench-profile\",\"version\":2}"}) {
    INFO(text);
    const std::string message = refusal_of_text(text);
    CHECK_FALSE(message.empty());
    CHECK_FALSE(has(message, "\n"));
  }
  // 1e999 is no double.
  std::string text = default_document().dump();
  text.replace(text.find("3100000000.0"), 12, "1e999");
  CHECK_FALSE(refusal_of_text(text).empty());
}

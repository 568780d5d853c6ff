// SPDX-License-Identifier: Apache-2.0
#include "result/compression_json.h"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace {

using namespace cachebench;
using namespace cachebench::result;
using Json = nlohmann::ordered_json;

Compression sample() {
  Compression compression{.tiers = {{.tier = "L2", .form = "int8", .when = "pressure"}}, .kinds = {}};
  compression.kinds["kv_block"] = {
      .entries = 10,
      .plain_bytes = 1000,
      .charged_bytes = 510,
      .lossy = MeasuredCodec{.encoded = 9,
                             .declined = 1,
                             .plain_bytes = 900,
                             .stored_bytes = 459,
                             .declined_bytes = 100,
                             .encode_ns = 500,
                             .decoded = 4,
                             .decoded_bytes = 400,
                             .decode_ns = 100,
                             .compared_elements = 50,
                             .max_error = 0.25,
                             .relative_error = 0.01},
      .lossless = MeasuredCodec{.encoded = 1, .plain_bytes = 10, .stored_bytes = 9}};
  return compression;
}

TEST_CASE("compression comes back as it was written") {
  const Json json = compression_to_json(sample());
  CHECK(compression_from_json(JsonReader(json, "f")) == sample());
  const Json& kind = json["kinds"]["kv_block"];
  CHECK(kind["ratio"].get<double>() == doctest::Approx(0.51));
  CHECK(kind["lossy"]["encode_bytes_per_second"].get<double>() == doctest::Approx(2e9));
  CHECK(kind["lossy"]["decode_bytes_per_second"].get<double>() == doctest::Approx(4e9));
  // What nothing was compared or timed for is no number.
  CHECK(kind["lossless"]["max_error"].is_null());
  CHECK(kind["lossless"]["decode_bytes_per_second"].is_null());
  CHECK(compression_from_json(JsonReader(compression_to_json({}), "f")) == Compression{});
}

TEST_CASE("what is missing or no count is named") {
  for (const char* key : {"entries", "plain_bytes", "charged_bytes"}) {
    Json cut = compression_to_json(sample());
    cut["kinds"]["kv_block"].erase(key);
    CHECK_THROWS_AS((void)compression_from_json(JsonReader(cut, "f")), Error);
  }
  Json odd = compression_to_json(sample());
  odd["kinds"]["kv_block"]["lossy"]["declined"] = -1;
  CHECK_THROWS_AS((void)compression_from_json(JsonReader(odd, "f")), Error);
  odd = compression_to_json(sample());
  odd["tiers"] = 5;
  CHECK_THROWS_AS((void)compression_from_json(JsonReader(odd, "f")), Error);
}

TEST_CASE("broken sums are told") {
  CHECK(check_compression(sample()).empty());
  Compression broken = sample();
  broken.kinds["kv_block"].charged_bytes = 2000;
  broken.kinds["kv_block"].lossy->stored_bytes = 901;
  broken.kinds["kv_block"].lossy->max_error = std::numeric_limits<double>::infinity();
  CHECK(check_compression(broken).size() == 3);
}

TEST_CASE("hashing comes back as it was written, and says that it is modelled") {
  const Hashing hashing{
      .algorithm = "sha256",
      .contents = 7,
      .bytes = 1 << 20,
      .time_ns = 12345,
      .measured = {{"text", {.contents = 2, .bytes = 3000, .time_ns = 1500}}, {"image", {}}}};
  const Json json = hashing_to_json(hashing);
  CHECK(json["basis"] == "modelled");
  CHECK(hashing_from_json(JsonReader(json, "f")) == hashing);
  CHECK(json["measured"]["text"]["bytes_per_second"] == 2e9);
  CHECK(json["measured"]["image"]["bytes_per_second"].is_null());
  Json cut = json;
  cut.erase("measured");
  CHECK(hashing_from_json(JsonReader(cut, "f")).measured.empty());
  cut.erase("algorithm");
  CHECK_THROWS_AS((void)hashing_from_json(JsonReader(cut, "f")), Error);
}

}  // namespace

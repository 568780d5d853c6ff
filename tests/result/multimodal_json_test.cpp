// SPDX-License-Identifier: Apache-2.0
#include "result/multimodal_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

result::Multimodal with_similar_hits() {
  result::Multimodal sample = *test::sample_result().multimodal;
  sample.kinds["image"].similar_hits = 20;
  sample.kinds["image"].accesses += 20;
  sample.similarity.judged = 15;
  sample.similarity.false_accepts = 3;
  sample.similarity.mean_score = 0.96875;
  sample.similarity.confirm = true;
  sample.similarity.unconfirmable = 2;
  sample.similarity.errors = {
      {.verdict = "right",
       .basis = "served",
       .compared = 11,
       .not_comparable = 1,
       .mean_relative_l2 = 0.25,
       .p50_relative_l2 = 0.2,
       .p90_relative_l2 = 0.4,
       .max_relative_l2 = 0.5,
       .mean_cosine = 0.9,
       .min_cosine = 0.8,
       .histogram = {1, 4, 5, 1}},
      {.verdict = "false", .basis = "served", .not_comparable = 3, .histogram = {0, 0}}};
  return sample;
}

TEST_CASE("the multimodal cache comes back as it was written, ratios derived") {
  for (const result::Multimodal& sample :
       {*test::sample_result().multimodal, with_similar_hits(), result::Multimodal{}}) {
    const Json json = result::multimodal_to_json(sample);
    CHECK(result::multimodal_from_json(result::JsonReader(json, "f")) == sample);
  }
  const Json json = result::multimodal_to_json(with_similar_hits());
  CHECK(json["similarity"]["false_accept_ratio"].get<double>() == doctest::Approx(0.2));
  CHECK(json["similarity"]["errors"][0]["mean_relative_l2"] == 0.25);
  CHECK(json["similarity"]["errors"][1]["mean_relative_l2"].is_null());
  Json older = json;
  for (const char* key : {"errors", "confirm", "unconfirmable"}) older["similarity"].erase(key);
  CHECK(result::multimodal_from_json(result::JsonReader(older, "f")).similarity.judged == 15);
  CHECK(json["eviction"]["efficiency_ratio"].get<double>() == doctest::Approx(760.0 / 880));
  CHECK(json["kinds"]["vision_encoder_output"]["reduction_ratio"].get<double>() == doctest::Approx(0.5));
  CHECK(json["kinds"]["image"]["hit_ratio"].get<double>() == doctest::Approx(420.0 / 620));
  CHECK(json["kinds"]["image"]["reduction_ratio"].is_null());
  CHECK(json["all"]["accesses"] == 1820);
}

TEST_CASE("each count of an entry type must be there, and be one") {
  const Json whole = result::multimodal_to_json(*test::sample_result().multimodal);
  for (const auto& [key, field] : result::kEntryTypeCounts) {
    Json cut = whole;
    cut["kinds"]["image"].erase(key);
    CHECK_THROWS_AS((void)result::multimodal_from_json(result::JsonReader(cut, "f")), Error);
    cut["kinds"]["image"][key] = -1;
    CHECK_THROWS_AS((void)result::multimodal_from_json(result::JsonReader(cut, "f")), Error);
  }
}

TEST_CASE("counts that do not add up are named") {
  result::Multimodal sample = with_similar_hits();
  CHECK(result::check_multimodal(sample, 20).empty());
  CHECK(result::check_multimodal(sample, 19).size() == 1);
  sample.kinds["image"].misses += 1;
  sample.similarity.false_accepts = 16;
  sample.eviction.let_go = 900;
  sample.kinds["vision_encoder_output"].compressed_bytes = 94'371'841;
  sample.similarity.errors[0].compared = 12;
  CHECK(result::check_multimodal(sample, 20).size() == 5);
}

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "result/visual_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

TEST_CASE("the visual registry comes back as it was written, under the source's names") {
  const result::Visual sample = *test::sample_result().visual;
  const Json json = result::visual_to_json(sample);
  CHECK(result::visual_from_json(result::JsonReader(json, "f")) == sample);
  CHECK(json["visual_cache_hits"] == sample.hits);
  CHECK(json["visual_cache_hit_rate"].get<double>() == doctest::Approx(0.7));
  CHECK(json["dp_mode_flag"] == "--mm-encoder-tp-mode data");
  const Json bare = result::visual_to_json({});
  CHECK(bare["visual_cache_hit_rate"].is_null());
  CHECK(result::visual_from_json(result::JsonReader(bare, "f")) == result::Visual{});
}

TEST_CASE("each count of the visual registry must be there, and be one") {
  const Json whole = result::visual_to_json(*test::sample_result().visual);
  for (const auto& [key, field] : result::kVisualCounts) {
    Json cut = whole;
    cut.erase(key);
    CHECK_THROWS_AS((void)result::visual_from_json(result::JsonReader(cut, "f")), Error);
    cut[key] = -1;
    CHECK_THROWS_AS((void)result::visual_from_json(result::JsonReader(cut, "f")), Error);
  }
  Json odd = whole;
  odd["dp_mode_rules"]["x"] = -3;
  CHECK_THROWS_AS((void)result::visual_from_json(result::JsonReader(odd, "f")), Error);
}

TEST_CASE("counts that do not add up are named") {
  result::Visual visual = *test::sample_result().visual;
  CHECK(result::check_visual(visual).empty());
  ++visual.hits;
  ++visual.dp_mode_refusals;
  CHECK(result::check_visual(visual).size() == 2);
}

}  // namespace

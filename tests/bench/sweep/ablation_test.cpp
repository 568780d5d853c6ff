// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/ablation.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("the shipped ablation: every variant answers alike, and is compared with the first of its round") {
  std::vector<AblationVariant> variants =
      ablation_variants(CACHEBENCH_SOURCE_DIR "/configs/sweep/pipeline-ablation.json",
                        {"trace.limit=12", "device.throttle=false", "pipeline.max_new_tokens=2"});
  REQUIRE(variants.size() == 15);
  CHECK(variants.front().name == "all on");
  CHECK(variants.back().name == "all off");
  CHECK_FALSE(variants.back().config.async.enabled);
  StopToken stop;
  int told = 0;
  const Ablation ablation =
      run_ablation(variants, 1, stop, [&](std::uint32_t, const std::string&) { ++told; });
  CHECK(told == 15);
  CHECK(ablation.rounds == 1);
  CHECK(ablation.rows.front().median_ratio == 1.0);
  for (const AblationRow& row : ablation.rows) {
    INFO(row.name);
    CHECK(row.same_answers);
    CHECK(row.requests_per_second.size() == 1);
    CHECK(row.pipeline.ok == 12);
    CHECK_FALSE(row.interval.has_value());
  }
  CHECK(ablation.rows.back().pipeline.images_encoded == ablation.rows.back().pipeline.images);
  CHECK(to_json(ablation).at("rows").size() == 15);
  CHECK(to_markdown(ablation).find("| all off |") != std::string::npos);
}

TEST_CASE("sweeps that are no list, or not of the pipeline, are refused") {
  CHECK_THROWS_AS(static_cast<void>(ablation_variants(CACHEBENCH_SOURCE_DIR "/configs/sweep/tiers.json", {})),
                  Error);
  CHECK_THROWS_AS(static_cast<void>(ablation_variants(
                      CACHEBENCH_SOURCE_DIR "/configs/sweep/pipeline-ablation.json", {"mode=simulate"})),
                  Error);
}

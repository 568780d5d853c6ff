// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/ablation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("the shipped ablation: every variant answers alike, and is compared with the first of its round") {
  std::vector<AblationVariant> variants =
      ablation_variants(CACHEBENCH_SOURCE_DIR "/configs/sweep/ablation.json",
                        {"trace.limit=12", "device.throttle=false", "pipeline.max_new_tokens=2"});
  REQUIRE(variants.size() == 16);
  CHECK(variants.front().name == "all on");
  CHECK(variants.back().name == "all off");
  CHECK_FALSE(variants.back().config.async.enabled);
  StopToken stop;
  int told = 0;
  const Ablation ablation =
      run_ablation(variants, {.rounds = 1}, stop, [&](std::uint32_t, const std::string&) { ++told; });
  CHECK(told == 16);
  CHECK(ablation.rounds == 1);
  CHECK(ablation.rows.front().median_ratio == 1.0);
  for (const AblationRow& row : ablation.rows) {
    INFO(row.name);
    CHECK(row.same_answers);
    CHECK(row.requests_per_second.size() == 1);
    CHECK(row.pipeline.ok == 12);
    CHECK_FALSE(row.interval.has_value());
    REQUIRE(row.bound.has_value());
    CHECK(*row.bound >= row.median_ratio * 0.999);  // nobody is faster than the busiest resource allows
  }
  CHECK(ablation.rows.back().pipeline.images_encoded == ablation.rows.back().pipeline.images);
  CHECK(to_json(ablation).at("rows").size() == 16);
  CHECK(to_markdown(ablation).find("| all off |") != std::string::npos);
}

TEST_CASE("the shipped ablation switches off everything that can be") {
  const std::vector<AblationVariant> variants =
      ablation_variants(CACHEBENCH_SOURCE_DIR "/configs/sweep/ablation.json", {});
  const RunConfig& on = variants.front().config;
  const auto some = [&](auto differs) {
    return std::any_of(variants.begin() + 1, variants.end() - 1,
                       [&](const AblationVariant& variant) { return differs(variant.config); });
  };
  const RunConfig& off = variants.back().config;
  CHECK((on.async.enabled && !off.async.enabled && some([](auto& c) { return !c.async.enabled; })));
  CHECK((on.async.batching && !off.async.batching && some([](auto& c) { return !c.async.batching; })));
  CHECK((off.pipeline.batcher == "arrival" && some([](auto& c) { return c.pipeline.batcher == "arrival"; })));
  CHECK((!off.pipeline.pinned_memory && some([](auto& c) { return !c.pipeline.pinned_memory; })));
  CHECK((!off.pipeline.async_transfers && some([](auto& c) { return !c.pipeline.async_transfers; })));
  CHECK((!off.pipeline.prefetching && some([](auto& c) { return !c.pipeline.prefetching; })));
  CHECK((!off.pipeline.tensor_caching && some([](auto& c) { return !c.pipeline.tensor_caching; })));
  for (const char* kinds : {"kv_block", "vision_encoder_output", "none"})
    CHECK(some([&](auto& c) { return c.pipeline.caching == kinds; }));
  CHECK(off.pipeline.caching == "none");
}

TEST_CASE("sweeps that are no list, or not of the pipeline, are refused") {
  CHECK_THROWS_AS(static_cast<void>(ablation_variants(CACHEBENCH_SOURCE_DIR "/configs/sweep/tiers.json", {})),
                  Error);
  CHECK_THROWS_AS(static_cast<void>(ablation_variants(CACHEBENCH_SOURCE_DIR "/configs/sweep/ablation.json",
                                                      {"mode=simulate"})),
                  Error);
}

TEST_CASE("rounds are compared within themselves, and held against the bound of their resources") {
  const auto run = [](std::uint64_t requests, std::int64_t ns, std::int64_t cpu_ns) {
    result::Pipeline pipeline;
    pipeline.requests = requests;
    pipeline.elapsed_ns = ns;
    pipeline.answers_hash = "same";
    pipeline.roofline = result::Roofline{
        .elapsed_ns = ns,
        .resources = {{.name = "cpu cores", .basis = "measured", .units = 2, .busy_ns = cpu_ns}}};
    return pipeline;
  };
  const std::vector<AblationVariant> variants{{.name = "one", .config = {}}, {.name = "two", .config = {}}};
  std::vector<AblationRound> rounds;
  for (std::int64_t slow = 1; slow <= 6; ++slow)  // a machine that gets slower changes no ratio
    rounds.push_back(
        {run(100, slow * 1'000'000, slow * 1'000'000), run(100, slow * 800'000, slow * 1'000'000)});
  const Ablation ablation = compare_rounds(variants, rounds);
  CHECK(ablation.rounds == 6);
  CHECK(ablation.rows[1].median_ratio == doctest::Approx(1.25));
  REQUIRE(ablation.rows[1].interval.has_value());
  CHECK(ablation.rows[1].interval->low == doctest::Approx(1.25));
  CHECK(ablation.rows[1].bound.value() == doctest::Approx(2.0));
  CHECK(ablation.rows[1].limit == "cpu cores");
  CHECK(ablation.rows[1].same_answers);
  rounds.back()[1].answers_hash = "other";
  CHECK_FALSE(compare_rounds(variants, rounds).rows[1].same_answers);
}

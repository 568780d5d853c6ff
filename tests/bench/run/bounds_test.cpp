// SPDX-License-Identifier: Apache-2.0
// The promise of a bound: whatever the policies, no run saves more.
#include "bench/run/bounds.h"

#include <doctest.h>

#include "bench/run/run_builder.h"
#include "core/error.h"
#include "policy/admission.h"
#include "policy/eviction.h"
#include "policy/migration.h"
#include "policy/prefetch.h"

namespace cachebench::bench {
namespace {

result::RunResult run_with(testing::SmallRun& run, BoundsChoice bounds) {
  RunInputs inputs = run.inputs();
  inputs.bounds = bounds;
  return run_experiment(inputs);
}

void check_within(const result::RunResult& run, const result::Bounds& bounds) {
  CHECK(run.totals.saved_ns <= *bounds.saved_ns);
  CHECK(*bounds.saved_ns <= *bounds.infinite_saved_ns);
  CHECK(run.totals.misses >= bounds.compulsory_misses);
  CHECK(bounds.reachable_ratio(run.totals).value_or(0) <= 1.0);
  if (bounds.belady_misses) CHECK(run.totals.misses >= *bounds.belady_misses);
}

void use_workload(testing::SmallRun& run, const std::string& name, std::uint64_t limit) {
  run.config.trace.path = CACHEBENCH_SOURCE_DIR "/workloads/" + name + ".jsonl.zst";
  run.config.trace.limit = limit;
  run.config.geometry = "2b";
}

enum class Migrations : std::uint8_t { kGiven, kAll };

// Every eviction policy, with every migration policy or with the one that is set.
void check_every_policy(testing::SmallRun& run, Migrations migrations) {
  const result::RunResult first = run_with(run, BoundsChoice::kOn);
  REQUIRE(first.bounds.has_value());
  const result::Bounds& bounds = *first.bounds;
  CHECK(bounds.method == "tiered");
  check_within(first, bounds);
  const std::string given = run.config.cache.migration.name;
  for (const policy::MigrationDescriptor& migration : policy::MigrationRegistry::instance().items()) {
    if (migrations == Migrations::kGiven && migration.name != given) continue;
    run.config.cache.migration.name = migration.name;
    for (const policy::EvictionDescriptor& eviction : policy::EvictionRegistry::instance().items()) {
      CAPTURE(migration.name);
      CAPTURE(eviction.name);
      for (TierSection& tier : run.config.cache.tiers) tier.eviction.name = eviction.name;
      check_within(run_with(run, BoundsChoice::kOff), bounds);
    }
  }
}

TEST_CASE("no policies save more than the bound: plain objects of many sizes in three tiers") {
  testing::SmallRun run;
  check_every_policy(run, Migrations::kAll);
}

TEST_CASE(
    "no policies save more than the bound: one tier of objects that cost more to read than to compute") {
  testing::SmallRun run;
  run.config.cache.tiers.resize(1);
  run.config.cache.tiers[0].device = Device::kSsd;
  run.config.trace.miss_cost = {.fixed = Nanoseconds{100'000}, .bytes_per_second = 4'000'000'000};
  check_every_policy(run, Migrations::kGiven);
}

TEST_CASE("no policies save more than the bound: requests whose artefacts cover one another") {
  for (const char* workload : {"chat", "docqa", "agent"}) {
    CAPTURE(workload);
    testing::SmallRun run;
    use_workload(run, workload, 30);
    run.config.cache.tiers[0].capacity = parse_size("4%");
    run.config.cache.tiers[1].capacity = parse_size("3%");
    run.config.cache.tiers[2].capacity = parse_size("8%");
    check_every_policy(run, Migrations::kAll);
  }
}

TEST_CASE("no admission policy saves more than the bound, nor any prefetch policy more than its own") {
  testing::SmallRun run;
  use_workload(run, "chat", 120);
  for (TierSection& tier : run.config.cache.tiers) tier.capacity = parse_size("3%");
  const result::Bounds bounds = *run_with(run, BoundsChoice::kOn).bounds;
  for (const policy::AdmissionDescriptor& admission : policy::AdmissionRegistry::instance().items()) {
    CAPTURE(admission.name);
    for (TierSection& tier : run.config.cache.tiers) tier.admission.name = admission.name;
    check_within(run_with(run, BoundsChoice::kOff), bounds);
  }
  for (const policy::PrefetchDescriptor& prefetch : policy::PrefetchRegistry::instance().items()) {
    CAPTURE(prefetch.name);
    run.config.cache.prefetch.name = prefetch.name;
    const result::RunResult result = run_with(run, BoundsChoice::kOn);
    check_within(result, *result.bounds);
    CHECK(result.bounds->method == (prefetch.name == "none" ? "tiered" : "tiered-prefetch"));
    CHECK(*result.bounds->saved_ns >= *bounds.saved_ns);
  }
}

TEST_CASE("where everything fits, the run reaches the bound") {
  testing::SmallRun run;
  use_workload(run, "chat", 100);
  run.config.cache.tiers[0].capacity = parse_size("64GiB");
  const result::RunResult result = run_with(run, BoundsChoice::kOn);
  CHECK(result.totals.saved_ns == *result.bounds->saved_ns);
  CHECK(result.totals.saved_ns == *result.bounds->infinite_saved_ns);
  CHECK(result.bounds->reachable_ratio(result.totals).value() == 1.0);
  CHECK(result.bounds->regret_ratio(result.totals).value() == 0.0);
}

TEST_CASE("the warm-up fills the cache and is in no bound") {
  testing::SmallRun run;
  run.config.cache.tiers[0].capacity = parse_size("64MiB");
  run.config.load.warmup.requests = 300;
  const result::RunResult result = run_with(run, BoundsChoice::kOn);
  CHECK(result.totals.accesses == 300);
  CHECK(result.totals.misses == result.bounds->compulsory_misses);
  CHECK(result.totals.saved_ns == *result.bounds->saved_ns);
  run.config.cache.tiers[0].capacity = parse_size("100KiB");
  check_every_policy(run, Migrations::kGiven);
}

TEST_CASE("objects of one size in one tier have their optimum beside them, others none") {
  testing::SmallRun run;
  CHECK(!run_with(run, BoundsChoice::kOn).bounds->belady_misses);
  std::string text = "time,key,size\n";
  Rng rng(5);
  for (int i = 0; i < 500; ++i) text += "1," + std::to_string(rng.below(1 + rng.below(60))) + ",4096\n";
  write_file(run.config.trace.path, text);
  CHECK(!run_with(run, BoundsChoice::kOn).bounds->belady_misses);  // three tiers
  run.config.cache.tiers.resize(1);
  run.config.cache.tiers[0].capacity = parse_size("40KiB");
  const result::RunResult result = run_with(run, BoundsChoice::kOn);
  REQUIRE(result.bounds->belady_misses.has_value());
  CHECK(*result.bounds->belady_misses > result.bounds->compulsory_misses);
  check_every_policy(run, Migrations::kGiven);
}

TEST_CASE("bounds are refused where none is valid, and left out where nobody asked") {
  testing::SmallRun run;
  run.config.load.kind = LoadKind::kOpen;
  CHECK(!run_with(run, BoundsChoice::kAuto).bounds);
  CHECK_THROWS_WITH_AS(
      run_with(run, BoundsChoice::kOn),
      "no bound is valid for this run: requests of an open loop overlap; use --bounds auto, or a closed loop "
      "with load.in_flight 1, an empty cache, exact service and plain tiers",
      Error);
  run.config.load.kind = LoadKind::kClosed;
  run.config.load.in_flight = 2;
  CHECK(why_no_bounds(run.config).find("in flight") != std::string_view::npos);
  CHECK(!wants_bounds(run.config, BoundsChoice::kAuto, 10));
  run.config.load.in_flight = 1;
  CHECK(why_no_bounds(run.config).empty());
  CHECK(wants_bounds(run.config, BoundsChoice::kAuto, kMostAccessesAuto));
  CHECK(!wants_bounds(run.config, BoundsChoice::kAuto, kMostAccessesAuto + 1));
  CHECK(wants_bounds(run.config, BoundsChoice::kOn, kMostAccessesAuto + 1));
  CHECK(!wants_bounds(run.config, BoundsChoice::kOff, 10));
  const std::vector<std::string> silent = run_with(run, BoundsChoice::kOff).notes;
  run.config.multimodal.enabled = run.config.multimodal.similarity.enabled = true;
  CHECK(why_no_bounds(run.config).find("exact service") != std::string_view::npos);
  const result::RunResult like = run_with(run, BoundsChoice::kAuto);
  CHECK(!like.bounds);
  REQUIRE(!like.notes.empty());
  CHECK(std::any_of(like.notes.begin(), like.notes.end(), [](const std::string& note) {
    return note.find("No bound stands beside this result: bounds are of exact service") == 0;
  }));
  run.config.multimodal.similarity.enabled = false;
  run.config.multimodal.compression.enabled = true;
  CHECK(why_no_bounds(run.config).find("own size") != std::string_view::npos);
  run.config.multimodal = {};
  run.config.cache.tiers[1].compression = "int8";
  CHECK(why_no_bounds(run.config).find("own size") != std::string_view::npos);
  run.config.cache.tiers[1].compression = "none";
  CHECK(why_no_bounds(run.config).empty());
  run.config.cache.cold = false;  // a named folder that may hold something
  CHECK(!wants_bounds(run.config, BoundsChoice::kAuto, 10));
  CHECK(parse_bounds("off") == BoundsChoice::kOff);
  CHECK(parse_bounds("auto") == BoundsChoice::kAuto);
  CHECK_THROWS_AS((void)parse_bounds("onn"), Error);
}

}  // namespace
}  // namespace cachebench::bench

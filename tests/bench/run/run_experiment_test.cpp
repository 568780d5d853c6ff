// SPDX-License-Identifier: Apache-2.0
// The promise of the whole: what is simulated is what is run.
#include "bench/run/run_experiment.h"

#include <doctest.h>

#include <nlohmann/json.hpp>

#include "bench/run/run_builder.h"
#include "result/json.h"

namespace cachebench::bench {
namespace {

void check_equal_counts(const result::RunResult& real, const result::RunResult& simulated) {
  CHECK(real.decision_log_hash == simulated.decision_log_hash);
  CHECK(real.totals.accesses == simulated.totals.accesses);
  CHECK(real.totals.hits == simulated.totals.hits);
  CHECK(real.totals.covered == simulated.totals.covered);
  CHECK(real.totals.misses == simulated.totals.misses);
  CHECK(real.totals.evictions == simulated.totals.evictions);
  CHECK(real.totals.promotions == simulated.totals.promotions);
  CHECK(real.totals.demotions == simulated.totals.demotions);
  CHECK(real.totals.saved_ns == simulated.totals.saved_ns);
  CHECK(real.totals.service_ns == simulated.totals.service_ns);
  CHECK(real.kinds == simulated.kinds);
  CHECK(real.misses_by_cause == simulated.misses_by_cause);
  CHECK(real.links == simulated.links);
  CHECK(real.totals.wrong_bytes == 0);
  CHECK(real.totals.verified_bytes > 0);
  CHECK(result::broken_identities(real).empty());
}

TEST_CASE("with one worker in closed loop a real run decides as a simulation, whatever the policies") {
  for (const char* migration : {"none", "promote-on-hit", "demote-on-evict", "seed-threshold"}) {
    for (const char* eviction : {"lru", "lfu", "fifo"}) {
      CAPTURE(migration);
      CAPTURE(eviction);
      testing::SmallRun run;
      run.config.throttle = false;
      run.config.cache.migration.name = migration;
      for (TierSection& tier : run.config.cache.tiers) tier.eviction.name = eviction;
      run.config.cache.tiers[0].high_watermark = 0.9;
      run.config.cache.tiers[0].low_watermark = 0.6;
      const result::RunResult real = run.run(RunMode::kReal);
      check_equal_counts(real, run.run(RunMode::kSimulate));
    }
  }
}

TEST_CASE("migration and admission policies that weigh costs decide alike in both modes") {
  for (const auto& item : policy::MigrationRegistry::instance().items()) {
    for (const char* admission : {"tinylfu", "payback", "cost-density", "n-hit", "size-threshold"}) {
      CAPTURE(item.name);
      CAPTURE(admission);
      testing::SmallRun run;
      run.config.throttle = false;
      run.config.cache.migration.name = item.name;
      run.config.cache.tiers[1].admission.name = admission;
      const result::RunResult real = run.run(RunMode::kReal);
      check_equal_counts(real, run.run(RunMode::kSimulate));
    }
  }
}

TEST_CASE("with the future to look at the first tier hits more than by any past") {
  testing::SmallRun run;
  run.config.cache.migration.name = "none";
  const auto hits = [&](const char* policy) {
    run.config.cache.tiers[0].eviction.name = policy;
    return run.run(RunMode::kSimulate).tiers[0].hits;
  };
  const std::uint64_t bound = hits("belady");
  for (const char* policy : {"lru", "fifo"}) CHECK(bound > hits(policy));
}

TEST_CASE("what is fetched ahead is fetched alike in both modes, and every fetch ends once") {
  for (const auto& item : policy::PrefetchRegistry::instance().items()) {
    for (const cache::PrefetchWait wait :
         {cache::PrefetchWait::kBestEffort, cache::PrefetchWait::kDeadline}) {
      for (const char* migration : {"demote-on-evict", "write-back"}) {
        CAPTURE(item.name);
        CAPTURE(migration);
        testing::SmallRun run;
        run.config.trace.path = CACHEBENCH_SOURCE_DIR "/workloads/chat.jsonl.zst";
        run.config.trace.limit = 150;
        run.config.geometry = "tiny";
        run.config.throttle = false;
        for (TierSection& tier : run.config.cache.tiers) tier.capacity = parse_size("8%");
        run.config.cache.migration.name = migration;
        run.config.cache.prefetch.name = item.name;
        run.config.cache.prefetch_rules.wait = wait;
        const result::RunResult real = run.run(RunMode::kReal);
        const result::RunResult simulated = run.run(RunMode::kSimulate);
        check_equal_counts(real, simulated);
        CHECK(real.prefetch == simulated.prefetch);
        CHECK(result::broken_identities(simulated).empty());
        CHECK(simulated.prefetch.has_value() == (item.name != "none"));
      }
    }
  }
}

TEST_CASE("the shipped workloads give the same counts in both modes") {
  for (const char* workload : {"chat", "docqa", "agent"}) {
    CAPTURE(workload);
    testing::SmallRun run;
    run.config.trace.path = std::string(CACHEBENCH_SOURCE_DIR "/workloads/") + workload + ".jsonl.zst";
    run.config.trace.limit = 120;
    run.config.geometry = "tiny";
    run.config.throttle = false;
    for (TierSection& tier : run.config.cache.tiers) tier.capacity = parse_size("12%");
    const result::RunResult real = run.run(RunMode::kReal);
    check_equal_counts(real, run.run(RunMode::kSimulate));
  }
}

TEST_CASE("the same config, seed and trace give the same simulated result to the byte") {
  for (const LoadKind kind : {LoadKind::kClosed, LoadKind::kOpen}) {
    testing::SmallRun run;
    run.config.load.kind = kind;
    run.config.load.in_flight = 4;
    const auto text = [&] {
      result::RunResult result = run.run(RunMode::kSimulate);
      result.totals.elapsed_ns = 0;
      result.warmup.elapsed_ns = 0;
      result.manifest = "{}";
      return result::to_text(result);
    };
    CHECK(text() == text());
  }
}

TEST_CASE("several requests in flight keep the identities and verify every byte") {
  testing::SmallRun run;
  run.config.throttle = false;
  run.config.load.in_flight = 4;
  const result::RunResult real = run.run(RunMode::kReal);
  CHECK(result::broken_identities(real).empty());
  CHECK(real.totals.accesses == 600);
  CHECK(real.totals.wrong_bytes == 0);
  CHECK(result::broken_identities(run.run(RunMode::kSimulate)).empty());
}

TEST_CASE("a kept cache folder makes the next run start warm") {
  testing::SmallRun run;
  run.config.throttle = false;
  run.config.cache.migration.name = "promote-on-hit";
  run.config.cache.tiers[0].capacity = parse_size("1KiB");  // too small for most: they go to the lower tiers
  run.config.cache.tiers[1].capacity = parse_size("1KiB");
  const result::RunResult first = run.run(RunMode::kReal);
  run.config.cache.cold = false;
  const result::RunResult second = run.run(RunMode::kReal);
  CHECK(second.totals.hits > first.totals.hits);
  CHECK(second.totals.wrong_bytes == 0);
}

TEST_CASE("warm-up counts are apart, and a warm-up longer than the trace makes the run invalid") {
  testing::SmallRun run;
  run.config.load.warmup.requests = 200;
  const result::RunResult result = run.run(RunMode::kSimulate);
  CHECK(result.warmup.requests == 200);
  CHECK(result.totals.requests == 400);
  CHECK(result.warmup.accesses + result.totals.accesses == 600);
  run.config.load.warmup.requests = 10'000;
  CHECK(run.run(RunMode::kSimulate).status == result::Status::kInvalid);
}

TEST_CASE("a stop request ends a run early, marked partial") {
  testing::SmallRun run;
  run.stop.request(2);
  const result::RunResult result = run.run(RunMode::kReal);
  CHECK(result.status == result::Status::kPartial);
  CHECK(result.totals.accesses < 600);
}

TEST_CASE("tiers that the machine cannot hold are refused before anything runs") {
  testing::SmallRun run;
  run.config.cache.tiers[1].capacity = parse_size("900TiB");
  CHECK_THROWS_AS((void)run.run(RunMode::kReal), Error);
  run.config.cache.tiers[1].capacity = parse_size("1MiB");
  run.config.cache.tiers[2].capacity = parse_size("900TiB");
  CHECK_THROWS_AS((void)run.run(RunMode::kReal), Error);
}

TEST_CASE("the plan says what a run needs") {
  testing::SmallRun run;
  const std::vector<std::string> lines = describe_plan(run.config);
  REQUIRE(lines.size() >= 5);
  CHECK(lines[0].find("600 requests") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/point_runner.h"

#include <doctest/doctest.h>

#include <set>

#include "bench/run/run_experiment.h"
#include "bench/sweep/small_sweep.h"
#include "core/error.h"
#include "support/temp_dir.h"

namespace {

using namespace cachebench;
using bench::Design;
using bench::PointRunner;
using bench::SweepConfig;

TEST_CASE("a point is the run of its config, bounds included") {
  const testing::TempDir folder;
  const SweepConfig config = test::small_sweep(folder, "");
  const Design design(config);
  PointRunner runner(config, design);
  bench::StopToken stop;
  for (const bench::WorkItem& item : design.items()) {
    const bench::ReadyPoint ready = runner.prepare(item);
    const result::SweepPoint point = runner.run(ready, stop);
    bench::RunInputs inputs;
    inputs.config = ready.config;
    inputs.stop = &stop;
    result::RunResult run = bench::run_experiment(inputs);
    run.totals.elapsed_ns = point.totals.elapsed_ns;
    CHECK(point.totals == run.totals);
    CHECK(point.kinds == run.kinds);
    CHECK(point.decision_log_hash == run.decision_log_hash);
    CHECK(point.bounds == run.bounds);
    CHECK(point.capacity == run.tiers[0].capacity_bytes + run.tiers[1].capacity_bytes);
    CHECK(point.l1_bytes == run.tiers[0].capacity_bytes);
    CHECK(point.status == result::Status::kComplete);
  }
}

TEST_CASE("keys tell points apart by what decides their result") {
  const testing::TempDir folder;
  const SweepConfig config = test::small_sweep(folder, R"("slices": 2)");
  const Design design(config);
  PointRunner runner(config, design);
  std::set<std::string> keys;
  for (const bench::WorkItem& item : design.items()) keys.insert(runner.prepare(item).key);
  CHECK(keys.size() == design.items().size());
  CHECK(PointRunner(config, design).prepare({.point = 1}).key == runner.prepare({.point = 1}).key);
}

TEST_CASE("facts are those of the trace") {
  const testing::TempDir folder;
  const SweepConfig config = test::small_sweep(folder, "");
  const Design design(config);
  PointRunner runner(config, design);
  const result::TraceFacts facts = runner.facts(runner.prepare({}));
  CHECK(facts.name == "t.csv");
  CHECK(facts.accesses == 400);
  CHECK(facts.sha256.size() == 64);
  CHECK(facts.lowering == "objects");
}

TEST_CASE("a failure makes a point invalid, with its reason") {
  const testing::TempDir folder;
  const SweepConfig config = test::small_sweep(folder, "");
  const Design design(config);
  PointRunner runner(config, design);
  bench::StopToken stop;
  bench::ReadyPoint ready = runner.prepare({});
  ready.config.trace.path = folder / "gone.csv";
  const result::SweepPoint failed = runner.run(ready, stop);
  CHECK(failed.status == result::Status::kInvalid);
  CHECK(failed.reason.find("gone.csv") != std::string::npos);
}

TEST_CASE("a trace is loaded once for all who ask, and bounds are claimed once") {
  const testing::TempDir folder;
  const SweepConfig config = test::small_sweep(folder, "");
  const bench::RunConfig run = bench::resolve_point(config, {});
  bench::WorkloadCache cache;
  CHECK(cache.get(run) == cache.get(run));
  bench::RunConfig other = run;
  other.trace.limit = 5;
  CHECK(cache.get(other)->requests() == 5);
  bench::BoundsCache bounds;
  const auto first = bounds.claim("k");
  const auto second = bounds.claim("k");
  REQUIRE(first.keep != nullptr);
  CHECK(second.keep == nullptr);
  first.keep->set_value(std::nullopt);
  CHECK_FALSE(second.future.get().has_value());
}

}  // namespace

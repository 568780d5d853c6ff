// SPDX-License-Identifier: Apache-2.0
#include "bench/run/validity.h"

#include <doctest.h>

namespace cachebench::bench {
namespace {

struct OpenRun {
  OpenRun() {
    config.mode = RunMode::kReal;
    config.load.kind = LoadKind::kOpen;
    facts.median_gap = Nanoseconds{10'000'000};
    outcome.measured.requests = 100;
  }
  [[nodiscard]] std::vector<std::string> broken() const { return broken_rules(config, facts, outcome); }
  RunConfig config;
  WorkloadFacts facts;
  ReplayOutcome outcome;
};

TEST_CASE("a schedule that was kept breaks no rule") {
  OpenRun run;
  for (int i = 0; i < 100; ++i) run.outcome.measured.lag.record(500'000);
  CHECK(run.broken().empty());
}

TEST_CASE("a lag above a millisecond, or above a tenth of the spacing, breaks the rule") {
  OpenRun late;
  for (int i = 0; i < 100; ++i) late.outcome.measured.lag.record(1'100'000);
  CHECK(late.broken().size() == 1);
  OpenRun dense;
  dense.config.load.speedup = 100;  // spacing 0.1 ms
  for (int i = 0; i < 100; ++i) dense.outcome.measured.lag.record(20'000);
  CHECK(dense.broken().size() == 1);
}

TEST_CASE("too few samples, an unfinished warm-up and an empty measurement are said") {
  OpenRun few;
  for (int i = 0; i < 29; ++i) few.outcome.measured.lag.record(1);
  CHECK(few.broken().size() == 1);
  OpenRun warming;
  warming.outcome.warmup_finished = false;
  CHECK(warming.broken().size() == 1);
  OpenRun empty;
  empty.config.load.kind = LoadKind::kClosed;
  empty.outcome.measured.requests = 0;
  CHECK(empty.broken().size() == 1);
}

TEST_CASE("requests that failed are said") {
  OpenRun run;
  run.config.load.kind = LoadKind::kClosed;
  CHECK(run.broken().empty());
  run.outcome.failed = 3;
  REQUIRE(run.broken().size() == 1);
  CHECK(run.broken()[0].find("3 of 100 requests failed") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/run/simulate_driver.h"

#include <doctest.h>

#include "bench/run/run_builder.h"

namespace cachebench::bench {
namespace {

TEST_CASE("with one request at a time the virtual time is the modelled service time") {
  testing::SmallRun run;
  run.config.cache.migration.name = "none";  // nothing in the background
  const result::RunResult result = run.run(RunMode::kSimulate);
  REQUIRE(!result.series.empty());
  CHECK(result.series.back().t_ns == result.totals.service_ns);
}

TEST_CASE("requests side by side share the machine: sooner than one by one, later than for free") {
  testing::SmallRun run;
  run.config.cache.migration.name = "none";
  const std::int64_t alone = run.run(RunMode::kSimulate).series.back().t_ns;
  run.config.load.in_flight = 8;
  const result::RunResult together = run.run(RunMode::kSimulate);
  CHECK(together.series.back().t_ns <= alone);
  CHECK(together.series.back().t_ns * 8 >= alone);
  CHECK(together.latency.at("request").p99_ns >= together.latency.at("miss").p50_ns);
}

TEST_CASE("waiting for another's computation is a joined hit") {
  testing::SmallRun run;
  std::string text = "time,key,size\n";
  for (int i = 0; i < 40; ++i) text += "0," + std::to_string(i / 4) + ",1000\n";
  write_file(run.folder / "same.csv", text);
  run.config.trace.path = run.folder / "same.csv";
  run.config.load.in_flight = 4;
  const result::RunResult result = run.run(RunMode::kSimulate);
  CHECK(result.totals.misses == 10);
  CHECK(result.totals.joined_hits == 30);
  CHECK(result.totals.hits == 30);
}

TEST_CASE("in open loop latency includes waiting for the device") {
  testing::SmallRun run;
  run.config.load.kind = LoadKind::kOpen;
  run.config.load.speedup = 1e6;  // everything at once
  const result::RunResult crowded = run.run(RunMode::kSimulate);
  run.config.load.speedup = 1e-3;  // nobody waits
  const result::RunResult quiet = run.run(RunMode::kSimulate);
  CHECK(crowded.latency.at("request").p99_ns > 10 * quiet.latency.at("request").p99_ns);
}

}  // namespace
}  // namespace cachebench::bench

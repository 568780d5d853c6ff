// SPDX-License-Identifier: Apache-2.0
#include "bench/run/collect.h"

#include <doctest.h>

#include "bench/run/run_builder.h"
#include "result/json.h"

namespace cachebench::bench {
namespace {

TEST_CASE("the series adds up to the totals, and its levels are those of the tiers") {
  testing::SmallRun run;
  run.config.load.warmup.requests = 100;
  const result::RunResult result = run.run(RunMode::kSimulate);
  std::uint64_t accesses = 0;
  std::uint64_t warm = 0;
  for (const result::SeriesPoint& point : result.series) {
    (point.warmup ? warm : accesses) += point.accesses;
    REQUIRE(point.used_bytes.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(point.used_bytes[i] <= result.tiers[i].capacity_bytes);
  }
  CHECK(accesses == result.totals.accesses);
  CHECK(warm == result.warmup.accesses);
  CHECK(result::broken_identities(result).empty());
}

TEST_CASE("a simulation labels every latency as modelled") {
  testing::SmallRun run;
  for (const auto& [name, latency] : run.run(RunMode::kSimulate).latency) {
    CAPTURE(name);
    CHECK(latency.basis == result::Basis::kModelled);
  }
}

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/run/cache_setup.h"

#include <doctest.h>

#include "bench/run/run_builder.h"

namespace cachebench::bench {
namespace {

TEST_CASE("a simulation stands on no planes, a real run on one a tier") {
  testing::SmallRun run;
  const hardware::CostModel costs(hardware::find_profile(run.config.profile), 1.0);
  const WorkloadFacts facts = scan(run.config, costs);
  const CacheSetup simulated = set_up_cache(run.config, facts, costs);
  CHECK(simulated.planes.empty());
  CHECK(simulated.devices == std::vector<std::string>{"null", "null", "null"});
  run.config.mode = RunMode::kReal;
  const CacheSetup real = set_up_cache(run.config, facts, costs);
  CHECK(real.planes.size() == 3);
  CHECK(real.devices == std::vector<std::string>{"emulated", "host", "ssd"});
}

TEST_CASE("shares are of the working set, rounded down") {
  testing::SmallRun run;
  run.config.cache.tiers[0].capacity = parse_size("10%");
  WorkloadFacts facts;
  facts.bytes_distinct = Bytes{1999};
  CHECK(resolve_capacities(run.config, facts)[0] == Bytes{199});
}

TEST_CASE("a run needs no more of a medium than its working set") {
  testing::SmallRun run;
  WorkloadFacts facts;
  facts.bytes_distinct = Bytes{100};
  facts.all_missed = Nanoseconds{7};
  const Needs needs = needs_of(run.config, facts);
  CHECK(needs.device == Bytes{100});
  CHECK(needs.host == Bytes{100});
  CHECK(needs.disk == Bytes{100});
  CHECK(needs.modelled_time == Nanoseconds{7});
}

}  // namespace
}  // namespace cachebench::bench

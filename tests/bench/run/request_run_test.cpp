// SPDX-License-Identifier: Apache-2.0
#include "bench/run/request_run.h"

#include <doctest.h>

#include "bench/run/cache_setup.h"
#include "bench/run/run_builder.h"

namespace cachebench::bench {
namespace {

TEST_CASE("every artefact of a request is a hit, a miss, a wait, or covered") {
  testing::SmallRun run;
  run.config.trace.path = CACHEBENCH_SOURCE_DIR "/workloads/chat.jsonl.zst";
  run.config.trace.limit = 60;
  run.config.geometry = "tiny";
  const hardware::CostModel costs(hardware::find_profile(run.config.profile), 1.0);
  const WorkloadFacts facts = scan(run.config, costs);
  CacheSetup setup = set_up_cache(run.config, facts, costs);
  Workload workload(run.config);
  RequestRun request(*setup.manager, costs, nullptr);
  model::Plan plan;
  std::uint64_t accesses = 0;
  while (workload.next(plan)) {
    request.look_up(plan);
    accesses += plan.artefacts.size();
    CHECK(request.joins().empty());  // nobody else is there
    for (const Reference& hit : request.hits()) CHECK(hit.result.handle);
    for (const Reference& miss : request.misses()) {
      setup.manager->put(request.describe(plan.artefacts[miss.artefact]), nullptr, miss.result.owned);
    }
    request.finish();
  }
  const cache::CacheCounters counted = setup.manager->counters();
  CHECK(counted.accesses == accesses);
  CHECK(counted.hits + counted.covered + counted.misses == accesses);
  CHECK(counted.hits > 0);
}

}  // namespace
}  // namespace cachebench::bench

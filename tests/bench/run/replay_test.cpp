// SPDX-License-Identifier: Apache-2.0
#include "bench/run/replay.h"

#include <doctest.h>

#include "bench/run/cache_setup.h"
#include "bench/run/run_builder.h"

namespace cachebench::bench {
namespace {

TEST_CASE("the books end the warm-up at its request and sample what follows") {
  testing::SmallRun run;
  run.config.load.warmup.requests = 3;
  const hardware::CostModel costs(hardware::find_profile(run.config.profile), 1.0);
  const WorkloadFacts facts = scan(run.config, costs);
  CacheSetup setup = set_up_cache(run.config, facts, costs);
  Workload workload(run.config);
  const ContentSource content;
  const ReplayInputs inputs{.config = run.config,
                            .facts = facts,
                            .workload = workload,
                            .manager = *setup.manager,
                            .costs = costs,
                            .stop = run.stop,
                            .content = content,
                            .progress = {}};
  ReplayBooks books(inputs);
  for (int i = 0; i < 10; ++i) {
    books.request_starts(Nanoseconds{i}, Nanoseconds{0});
    CHECK(books.in_warmup() == (i < 3));
  }
  const ReplayOutcome outcome = books.finish(Nanoseconds{10}, {});
  CHECK(outcome.warmup_requests == 3);
  CHECK(outcome.measured.requests == 7);
  CHECK(outcome.modelled_elapsed == Nanoseconds{7});
  CHECK(outcome.warmup_finished);
  CHECK_FALSE(outcome.stopped);
}

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "hardware/plan_threads.h"

#include <doctest/doctest.h>

#include "hardware/plan_fixtures.h"

using namespace cachebench::hardware;
using cachebench::hardware::testing::laptop_input;
using cachebench::hardware::testing::reason_has;

namespace {

HardwarePlan threads(const OptimizerInput& input) {
  HardwarePlan plan;
  plan_threads(input, plan);
  return plan;
}

}  // namespace

TEST_CASE("four cores, eight threads: four compute, movers on their second threads") {
  const HardwarePlan plan = threads(laptop_input());
  CHECK(plan.compute_threads == 4);
  CHECK(plan.mover_threads == 1);
  CHECK(plan.codec_threads == 2);
  CHECK(plan.compute_pins == std::vector<int>{0, 1, 2, 3});
  CHECK(plan.mover_pins == std::vector<int>{6, 7});
}

TEST_CASE("one thread a core, a quota, a single processor, nothing known") {
  OptimizerInput input = laptop_input();
  input.topology.cpu.core_threads = {{0}, {1}, {2}, {3}};
  input.topology.cpu.threads_allowed = 4;
  HardwarePlan plan = threads(input);
  CHECK(plan.compute_threads == 4);
  CHECK(plan.compute_pins.empty());
  CHECK(reason_has(plan, "threads.mover_pins", "one thread a core"));

  input = laptop_input();
  input.topology.limits.cgroup_cpus = 1.5;
  plan = threads(input);
  CHECK(plan.compute_threads == 1);
  CHECK(plan.compute_pins.empty());
  CHECK(reason_has(plan, "threads.compute", "quota"));

  input.topology.limits.cgroup_cpus = 0.1;
  CHECK(threads(input).compute_threads == 1);

  input = laptop_input();
  input.topology.cpu = {};
  plan = threads(input);
  CHECK(plan.compute_threads == 4);  // the profile's cores
  CHECK(plan.compute_pins.empty());

  input.profile.host_cores = 0;
  CHECK(threads(input).compute_threads == 1);
}

TEST_CASE("an affinity to some threads plans for those alone") {
  OptimizerInput input = laptop_input();
  input.topology.cpu.core_threads = {{2, 6}};
  input.topology.cpu.threads_allowed = 2;
  const HardwarePlan plan = threads(input);
  CHECK(plan.compute_threads == 1);
  CHECK(plan.compute_pins == std::vector<int>{2});
  CHECK(plan.mover_pins == std::vector<int>{6});
}

TEST_CASE("a large machine does not get more movers and codecs than are of use") {
  OptimizerInput input = laptop_input();
  input.topology.cpu.core_threads.clear();
  for (int core = 0; core < 112; ++core) input.topology.cpu.core_threads.push_back({core, core + 112});
  input.topology.cpu.threads_allowed = 224;
  const HardwarePlan plan = threads(input);
  CHECK(plan.compute_threads == 112);
  CHECK(plan.mover_threads == 4);
  CHECK(plan.codec_threads == 8);
  CHECK(plan.compute_pins.size() == 112);
  CHECK(plan.mover_pins.size() == 8);
}

// SPDX-License-Identifier: Apache-2.0
#include "hardware/hardware_optimizer.h"

#include <doctest/doctest.h>

#include <set>

#include "core/rng.h"
#include "hardware/plan_fixtures.h"

using namespace cachebench;
using namespace cachebench::hardware;
using hardware::testing::laptop_input;

namespace {

const std::string kFixtures = std::string(CACHEBENCH_SOURCE_DIR) + "/tests/hardware/fixtures/";

void check_sound(const HardwarePlan& plan) {
  std::set<std::string> names;
  for (const PlanItem& each : plan.items) {
    INFO(each.name);
    CHECK(names.insert(each.name).second);
    CHECK(each.reason.size() > 10);
    CHECK(each.reason.find('\n') == std::string::npos);
  }
  for (const char* name : {"l1.capacity", "l2.capacity", "l3.capacity", "copy.chunk", "copy.batch",
                           "copy.streams", "ssd.block", "ssd.depth", "threads.compute", "threads.movers",
                           "threads.compute_pins", "l1.compression", "l2.compression", "layout.row_alignment",
                           "layout.warp", "layout.shared_memory", "host.system", "host.weights"}) {
    INFO(name);
    CHECK(names.contains(name));
  }
  CHECK(plan.l1.value % kMiB.value == 0);
  CHECK(plan.l2.value % kMiB.value == 0);
  CHECK(plan.l3.value % kMiB.value == 0);
  CHECK(plan.compute_threads >= 1);
  CHECK(plan.mover_threads >= 1);
}

}  // namespace

TEST_CASE("a plan has every number, each with a reason of one line") {
  check_sound(HardwareOptimizer(laptop_input()).plan());
  for (const char* file : {"laptop.xml", "workstation.xml", "small.xml"}) {
    INFO(file);
    OptimizerInput input = laptop_input();
    input.topology = read_topology_xml(kFixtures + file);
    check_sound(HardwareOptimizer(input).plan());
  }
}

TEST_CASE("an empty machine gets a plan") {
  OptimizerInput input = laptop_input();
  input.topology = {};
  const HardwarePlan plan = HardwareOptimizer(input).plan();
  check_sound(plan);
  CHECK(plan.l3.value == 0);
  CHECK(plan.first_tier == FirstTier::kEmulated);
}

TEST_CASE("odd machines get sound plans, the same ones each time") {
  Rng rng(11);
  for (int i = 0; i < 300; ++i) {
    OptimizerInput input = laptop_input();
    Topology& machine = input.topology;
    machine.memory = Bytes{1ULL << (20 + rng.below(24))};
    if (rng.below(3) == 0) machine.memory.reset();
    if (rng.below(3) == 0) machine.gpus.clear();
    for (Gpu& gpu : machine.gpus) gpu.memory = Bytes{1ULL << (20 + rng.below(20))};
    if (rng.below(2) == 0) machine.limits.cgroup_memory = Bound{.bytes = Bytes{1ULL << rng.below(40)}};
    if (rng.below(2) == 0) machine.limits.memory_available = Bytes{1ULL << rng.below(40)};
    if (rng.below(4) == 0) machine.limits.locked_memory = Bound{.bytes = Bytes{rng.below(1 << 20)}};
    if (rng.below(4) == 0) machine.limits.cgroup_cpus = static_cast<double>(rng.below(40)) / 4;
    if (rng.below(4) == 0) machine.limits.cache_directory->filesystem = "tmpfs";
    machine.limits.cache_directory->free = Bytes{1ULL << rng.below(50)};
    if (rng.below(3) == 0) input.trace = TraceSummary{.distinct = Bytes{1ULL << rng.below(50)}, .mean = kMiB};
    const HardwarePlan plan = HardwareOptimizer(input).plan();
    check_sound(plan);
    const HardwarePlan again = HardwareOptimizer(input).plan();
    CHECK(plan.l1 == again.l1);
    CHECK(plan.l2 == again.l2);
    CHECK(plan.l3 == again.l3);
  }
}

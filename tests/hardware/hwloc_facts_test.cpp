// SPDX-License-Identifier: Apache-2.0
#include "hardware/hwloc_facts.h"

#include <doctest/doctest.h>
#include <hwloc.h>

#include <memory>

using namespace cachebench::hardware;

namespace {

// hwloc's own little language for machines without devices.
Topology synthetic(const char* description) {
  hwloc_topology_t raw = nullptr;
  REQUIRE(hwloc_topology_init(&raw) == 0);
  const std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)> topology(raw,
                                                                                    &hwloc_topology_destroy);
  hwloc_topology_set_icache_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_ALL);
  REQUIRE(hwloc_topology_set_synthetic(raw, description) == 0);
  REQUIRE(hwloc_topology_load(raw) == 0);
  return hwloc_facts(raw);
}

}  // namespace

TEST_CASE("packages, cores, threads, caches and memory are counted") {
  const Topology machine = synthetic(
      "pack:1 [numa(memory=16GiB)] l3:1(size=6MiB) l2:4(size=256KiB) l1d:1(size=32KiB) core:1 "
      "pu:2(indexes=0,4,1,5,2,6,3,7)");
  CHECK(machine.cpu.packages == 1);
  CHECK(machine.cpu.cores == 4);
  CHECK(machine.cpu.threads == 8);
  CHECK(machine.cpu.threads_allowed == 8);
  CHECK(machine.cpu.model.empty());
  CHECK(machine.memory == cachebench::kGiB * 16);
  REQUIRE(machine.caches.size() == 3);
  CHECK(machine.caches[0].level == 3);
  CHECK(machine.caches[0].size == cachebench::kMiB * 6);
  CHECK(machine.caches[0].count == 1);
  CHECK(machine.caches[1].count == 4);
  CHECK(machine.caches[2].type == "data");
  CHECK(machine.gpus.empty());
  CHECK(machine.block_devices.empty());
}

TEST_CASE("NUMA nodes keep their own memory") {
  const Topology machine = synthetic("pack:2 [numa(memory=1GiB)] core:2 pu:1");
  REQUIRE(machine.numa.size() == 2);
  CHECK(machine.numa[1].index == 1);
  CHECK(machine.numa[1].threads == 2);
  CHECK(machine.numa[1].memory == cachebench::kGiB);
  CHECK(machine.memory == cachebench::kGiB * 2);
}

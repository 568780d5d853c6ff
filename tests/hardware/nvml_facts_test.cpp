// SPDX-License-Identifier: Apache-2.0
#include "hardware/nvml_facts.h"

#include <doctest/doctest.h>

#include <vector>

namespace cachebench::hardware {

TEST_CASE(
    "what NVML tells completes the GPUs of the bus, and one that is hidden there is added in its place") {
  Gpu seen;
  seen.bus_id = "0000:02:00.0";
  seen.pci_id = "10de:1d13";
  seen.name = "GP108M";
  seen.compute_capability = "6.1";
  seen.link = {.generation = 3, .lanes = 4};
  std::vector<Gpu> known{seen};
  nvidia::NvmlGpu hidden;
  hidden.bus_id = "0000:01:00.0";
  hidden.pci_id = "10de:1c8c";
  hidden.compute_capability = "6.1";
  hidden.link_generation = 3;
  hidden.link_lanes = 16;
  nvidia::NvmlGpu same;
  same.bus_id = "0000:02:00.0";
  same.pci_id = "10de:ffff";
  same.name = "GeForce MX250";
  same.memory = kGiB;
  same.link_generation = 4;
  same.link_lanes = 16;
  merge_nvml({hidden, same}, known);
  REQUIRE(known.size() == 2);
  CHECK(known[0].bus_id == "0000:01:00.0");
  CHECK(known[0].vendor == "NVIDIA");
  CHECK(known[0].pci_id == "10de:1c8c");
  CHECK(known[0].source == GpuSource::kNvml);
  CHECK(known[0].link.lanes == 16);
  CHECK(known[1].name == "GeForce MX250");
  CHECK(known[1].pci_id == "10de:1d13");
  CHECK(known[1].memory == kGiB);
  CHECK(known[1].link.lanes == 4);  // the port above counts
  CHECK(known[1].compute_capability == "6.1");
  CHECK(known[1].source == GpuSource::kPciId);  // nothing new was said of it
  merge_nvml({}, known);
  CHECK(known.size() == 2);
}

}  // namespace cachebench::hardware

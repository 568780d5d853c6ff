// SPDX-License-Identifier: Apache-2.0
#include "hardware/nvidia/nvml.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

namespace cachebench::hardware::nvidia {
namespace {

const std::string kFake = std::string(CACHEBENCH_BINARY_DIR) + "/bin/fake_nvml.so";

TEST_CASE("without the library there are no facts, and that is no error") {
  CHECK(nvml_gpus("no-such-library.so.1").empty());
  CHECK(nvml_gpus("libc.so.6").empty());  // a library, but not this one
}

TEST_CASE("the library's facts are taken over, a GPU that refuses is left out, and so is what is not known") {
  if (!std::filesystem::exists(kFake)) {
    MESSAGE("skipped: no stand-in for NVML in this build");
    return;
  }
  const std::vector<Gpu> gpus = nvml_gpus(kFake);
  REQUIRE(gpus.size() == 2);
  CHECK(gpus[0].bus_id == "0000:01:00.0");  // the library tells it second
  CHECK(gpus[0].pci_id == "10de:1c8c");
  CHECK(gpus[0].compute_capability.empty());
  CHECK_FALSE(gpus[0].link.lanes.has_value());
  CHECK(gpus[1].bus_id == "0000:0a:00.0");
  CHECK(gpus[1].compute_capability == "6.1");
  CHECK(gpus[1].source == GpuSource::kNvml);
  CHECK(gpus[1].memory == Bytes{std::uint64_t{2} << 30});
  CHECK(gpus[1].link.generation == 3);
  CHECK(gpus[1].link.lanes == 4);
}

Gpu gpu_at(const std::string& bus_id) {
  Gpu gpu;
  gpu.bus_id = bus_id;
  gpu.vendor = "NVIDIA";
  return gpu;
}

TEST_CASE("detected facts complete those of the bus, and a hidden GPU is added in its place") {
  std::vector<Gpu> known{gpu_at("0000:02:00.0")};
  known[0].pci_id = "10de:1d13";
  known[0].name = "GP108M";
  known[0].compute_capability = "6.1";
  known[0].link = {.generation = 3, .lanes = 4};
  std::vector<Gpu> detected{gpu_at("0000:01:00.0"), gpu_at("0000:02:00.0")};
  detected[1].name = "GeForce MX250";
  detected[1].pci_id = "10de:ffff";
  detected[1].memory = kGiB;
  detected[1].source = GpuSource::kNvml;
  detected[1].link = {.generation = 4, .lanes = 16};
  complete(known, detected);
  REQUIRE(known.size() == 2);
  CHECK(known[0].bus_id == "0000:01:00.0");
  CHECK(known[1].name == "GeForce MX250");
  CHECK(known[1].pci_id == "10de:1d13");
  CHECK(known[1].memory == kGiB);
  CHECK(known[1].link.lanes == 4);  // the port above counts
  CHECK(known[1].compute_capability == "6.1");
  CHECK(known[1].source == GpuSource::kPciId);  // nothing new was said of it
}

}  // namespace
}  // namespace cachebench::hardware::nvidia

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
  const std::vector<NvmlGpu> gpus = nvml_gpus(kFake);
  REQUIRE(gpus.size() == 2);
  CHECK(gpus[0].bus_id == "0000:01:00.0");  // the library tells it second
  CHECK(gpus[0].pci_id == "10de:1c8c");
  CHECK(gpus[0].compute_capability.empty());
  CHECK_FALSE(gpus[0].link_lanes.has_value());
  CHECK(gpus[1].bus_id == "0000:0a:00.0");
  CHECK(gpus[1].compute_capability == "6.1");
  CHECK(gpus[1].memory == Bytes{std::uint64_t{2} << 30});
  CHECK(gpus[1].link_generation == 3);
  CHECK(gpus[1].link_lanes == 4);
}

}  // namespace
}  // namespace cachebench::hardware::nvidia

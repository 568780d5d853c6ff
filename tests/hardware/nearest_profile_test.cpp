// SPDX-License-Identifier: Apache-2.0
#include "hardware/nearest_profile.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "hardware/profile.h"

using namespace cachebench::hardware;

namespace {

std::string nearest(const char* capability, const char* chip = "") {
  Topology machine;
  Gpu gpu;
  gpu.vendor = "NVIDIA";
  gpu.compute_capability = capability;
  gpu.chip = chip;
  machine.gpus = {gpu};
  const NearestProfile found = nearest_profile(machine);
  CHECK_FALSE(found.reason.empty());
  return found.name;
}

}  // namespace

TEST_CASE("cards lead to the profile of their class, and each is there") {
  CHECK(nearest("6.1", "GP108") == kDefaultProfile);
  CHECK(nearest("6.1", "GP107") == "i7-8750h-gtx1050ti-maxq-nvme");
  CHECK(nearest("8.9", "AD102") == "workstation-2x-rtx4090");
  CHECK(nearest("12.0", "GB202") == "workstation-2x-rtx4090");
  CHECK(nearest("9.0", "GH100") == "h200-server");
  CHECK(nearest("10.0") == "h200-server");
  CHECK(nearest("") == kDefaultProfile);
  CHECK(nearest_profile({}).name == kDefaultProfile);
  for (const std::string& name :
       {nearest("6.1", "GP108"), nearest("6.1", "GP107"), nearest("8.9"), nearest("9.0")}) {
    INFO(name);
    const std::string file = std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles/" + name + ".json";
    CHECK(read_profile(file).name == name);
  }
}

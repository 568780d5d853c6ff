// SPDX-License-Identifier: Apache-2.0
#include "hardware/doctor_checks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "hardware/plan_fixtures.h"

using namespace cachebench::hardware;
using cachebench::Nanoseconds;

namespace {

DoctorCheck check(const Topology& topology, const Noise& noise, const std::string& name) {
  const std::vector<DoctorCheck> checks = doctor_checks(topology, noise);
  const auto found =
      std::find_if(checks.begin(), checks.end(), [&](const DoctorCheck& each) { return each.name == name; });
  REQUIRE(found != checks.end());
  return *found;
}

Topology sound_machine() {
  Topology machine = cachebench::hardware::testing::laptop_input().topology;
  machine.gpus[0].source = GpuSource::kCuda;
  machine.pci = {PciDevice{}};
  return machine;
}

}  // namespace

TEST_CASE("a sound machine is ok in all, and a check that is not ok says what it costs and what to do") {
  for (const DoctorCheck& each : doctor_checks(sound_machine(), {})) {
    INFO(each.name);
    CHECK(each.ok);
    CHECK_FALSE(each.found.empty());
    CHECK(each.cost.empty());
  }
  for (const DoctorCheck& each : doctor_checks({}, {})) {
    INFO(each.name);
    CHECK(each.ok == each.cost.empty());
    CHECK(each.ok == each.remedy.empty());
  }
}

TEST_CASE("each lack is told by its own check") {
  Topology machine = sound_machine();
  machine.gpus[0].source = GpuSource::kPciId;
  CHECK_FALSE(check(machine, {}, "gpu").ok);
  CHECK(check(machine, {}, "gpu").remedy.find("driver") != std::string::npos);
  machine.limits.locked_memory = Bound{.bytes = cachebench::kKiB * 64};
  CHECK_FALSE(check(machine, {}, "locked-memory").ok);
  machine.limits.cache_directory->filesystem = "tmpfs";
  CHECK_FALSE(check(machine, {}, "cache-directory").ok);
  machine.limits.huge_pages.transparent = "never";
  CHECK_FALSE(check(machine, {}, "huge-pages").ok);
  machine.cpu.threads_allowed = 1;
  CHECK_FALSE(check(machine, {}, "processors").ok);
  Noise noise;
  noise.steal_share = 0.2;
  CHECK_FALSE(check(machine, noise, "noise").ok);
  noise = {};
  noise.governor = "powersave";
  CHECK_FALSE(check(machine, noise, "governor").ok);
  CHECK(check(machine, noise, "noise").ok);
}

TEST_CASE("a check says apart what was found, what it costs and what to do") {
  Topology machine = sound_machine();
  machine.limits.cgroup_memory = Bound{.bytes = cachebench::kMiB};
  const DoctorCheck memory = check(machine, {}, "memory");
  CHECK(memory.found.find("the control group may use 1.00 MiB") != std::string::npos);
  CHECK(memory.cost.find("the control group") == std::string::npos);
  CHECK(memory.remedy.find("memory.max") != std::string::npos);
  machine.gpus[0].source = GpuSource::kPciId;
  machine.no_cuda = {.reason = "the driver does not start", .has_driver = true};
  const DoctorCheck gpu = check(machine, {}, "gpu");
  CHECK(gpu.found.find("CUDA gives no card: the driver does not start") != std::string::npos);
  CHECK(gpu.remedy.find("restart") != std::string::npos);
}

TEST_CASE("the document has the keys scripts use, the text a line a check") {
  const auto checks = doctor_checks({}, {});
  const auto document = doctor_json(checks);
  REQUIRE(document["checks"].size() == checks.size());
  for (const auto& each : document["checks"]) {
    for (const char* key : {"name", "ok", "found", "cost", "remedy"}) CHECK(each.contains(key));
  }
  const std::string text = doctor_text(checks);
  for (const DoctorCheck& each : checks) CHECK(text.find(each.name) != std::string::npos);
}

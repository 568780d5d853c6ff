// SPDX-License-Identifier: Apache-2.0
#include "hardware/target.h"

#include <doctest/doctest.h>

using namespace cachebench::hardware;

namespace {

Gpu card(const char* vendor, const char* capability) {
  Gpu gpu;
  gpu.vendor = vendor;
  gpu.pci_id = "10de:1d13";
  gpu.compute_capability = capability;
  return gpu;
}

Topology target_machine() {
  Topology machine;
  machine.cpu.model = "Intel(R) Core(TM) i5-10210U CPU @ 1.60GHz";
  machine.gpus = {card("Intel", ""), card("NVIDIA", "6.1")};
  machine.block_devices = {
      {.name = "nvme0n1", .model = "X", .kind = BlockKind::kNvme, .size = {}, .link = {}}};
  return machine;
}

}  // namespace

TEST_CASE("all three parts make the target") {
  const Target target = recognise_target(target_machine());
  CHECK(target.all());
  CHECK(target.cpu.found == "i5-10210U");
  CHECK(target.storage.found == "nvme0n1");
}

TEST_CASE("the processor's model must be the word itself") {
  Topology machine = target_machine();
  for (const char* model : {"", "unknown", "Intel(R) Core(TM) i5-10210UX CPU",
                            "Intel(R) Core(TM) i5-1021 CPU", "Intel(R) Core(TM) xi5-10210U"}) {
    machine.cpu.model = model;
    INFO(model);
    CHECK_FALSE(recognise_target(machine).cpu.matches);
  }
  machine.cpu.model = "i5-10210U";
  CHECK(recognise_target(machine).cpu.matches);
}

TEST_CASE("any NVIDIA card of capability 6.1 will do, and no other") {
  Topology machine = target_machine();
  machine.gpus = {card("NVIDIA", "7.5"), card("NVIDIA", "6.1")};
  CHECK(recognise_target(machine).gpu.matches);
  machine.gpus = {card("NVIDIA", "7.5"), card("NVIDIA", "")};
  const Target target = recognise_target(machine);
  CHECK_FALSE(target.gpu.matches);
  CHECK(target.gpu.reason.find("7.5") != std::string::npos);
  CHECK(target.gpu.reason.find("unknown") != std::string::npos);
  machine.gpus = {card("AMD", "6.1")};
  CHECK_FALSE(recognise_target(machine).gpu.matches);
}

TEST_CASE("only NVMe drives count") {
  Topology machine = target_machine();
  machine.block_devices[0].kind = BlockKind::kSsd;
  CHECK_FALSE(recognise_target(machine).storage.matches);
  machine.block_devices.clear();
  CHECK(recognise_target(machine).storage.found == "no drive");
}

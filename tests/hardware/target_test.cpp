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

TEST_CASE("siblings of the processor are near, and say so; others are neither") {
  Topology machine = target_machine();
  for (const char* model :
       {"Intel(R) Core(TM) i5-10310U CPU @ 1.70GHz", "Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz"}) {
    INFO(model);
    machine.cpu.model = model;
    const Target target = recognise_target(machine);
    CHECK_FALSE(target.cpu.matches);
    CHECK(target.cpu.is_near);
    CHECK_FALSE(target.all());
    CHECK(target.cpu.reason.find("near") != std::string::npos);
  }
  for (const char* model : {"Intel(R) Core(TM) i7-8750H CPU", "AMD EPYC 7763", "unknown", ""}) {
    INFO(model);
    machine.cpu.model = model;
    CHECK_FALSE(recognise_target(machine).cpu.is_near);
  }
}

TEST_CASE("what follows names the code a card runs and the card that is used") {
  Topology machine = target_machine();
  const auto lines = [&] {
    std::string all;
    for (const std::string& line : what_follows(machine, recognise_target(machine))) all += line + "\n";
    return all;
  };
  CHECK(lines().find("i5-10210u-mx250-nvme is of this kind") != std::string::npos);
  CHECK(lines().find("Kernels for SM 6.1") != std::string::npos);
  machine.gpus = {card("NVIDIA", "8.9"), card("NVIDIA", "8.9")};
  machine.gpus[0].bus_id = "0000:01:00.0";
  machine.gpus[1].bus_id = "0000:02:00.0";
  machine.gpus[1].memory = cachebench::kGiB;
  CHECK(lines().find("Of 2 NVIDIA cards a run uses one, 0000:02:00.0") != std::string::npos);
  CHECK(lines().find("SM 7.5 and later runs") != std::string::npos);
  machine.gpus = {card("NVIDIA", "5.0")};
  CHECK(lines().find("older than any code built here") != std::string::npos);
  machine.gpus = {card("NVIDIA", "")};
  CHECK(lines().find("unknown until CUDA or NVML") != std::string::npos);
  machine.gpus.clear();
  CHECK(chosen_gpu(machine) == nullptr);
  CHECK(lines().find("emulated device") != std::string::npos);
}

TEST_CASE("without a driver the cards are there still, and what runs on them is not known") {
  const Topology machine = without_driver(target_machine());
  REQUIRE(machine.gpus.size() == 2);
  CHECK(chosen_gpu(machine)->pci_id == "10de:1d13");
  CHECK_FALSE(capability_of(machine.gpus[1]).has_value());
}

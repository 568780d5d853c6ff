// SPDX-License-Identifier: Apache-2.0
#include "hardware/cuda_facts.h"

#include <doctest/doctest.h>

#include "hardware/nvidia/cuda_driver.h"
#include "tier/device/fake_driver/fake_cuda.h"

using namespace cachebench::hardware;

TEST_CASE("asking gives cards with a place and a capability, or a reason") {
  const CudaAnswer answer = ask_cuda();
  CHECK(answer.cards.empty() != answer.reason.empty());
  for (const CudaFacts& card : answer.cards) {
    CHECK(card.bus_id.size() == 12);
    CHECK(card.compute_capability.find('.') != std::string::npos);
    CHECK(card.memory.has_value());
  }
}

TEST_CASE("a driver tells everything of its cards; one without cards, and no driver, give a reason") {
  if (!nvidia::kHasCudaHeader) {
    MESSAGE("skipped: built without cuda.h");
    return;
  }
  using cachebench::tier::testing::kFakeCudaLibrary;
  cachebench::tier::testing::set_up({.devices = 2});
  const CudaAnswer two = ask_cuda(kFakeCudaLibrary);
  REQUIRE(two.cards.size() == 2);
  CHECK(two.cards[0].bus_id == "0000:01:00.0");
  CHECK(two.cards[1].bus_id == "0000:0a:00.0");  // as hwloc writes it
  CHECK(two.cards[0].compute_capability == "6.1");
  CHECK(two.cards[0].memory == cachebench::kMiB * 64);
  CHECK(two.cards[0].multiprocessors == 3);
  CHECK(two.cards[0].copy_engines == 2);
  CHECK_FALSE(two.cards[0].name.empty());
  cachebench::tier::testing::set_up({.devices = 0});
  CHECK(ask_cuda(kFakeCudaLibrary).cards.empty());
  CHECK_FALSE(ask_cuda(kFakeCudaLibrary).reason.empty());
  CHECK(ask_cuda(kFakeCudaLibrary).has_driver);
  CHECK_FALSE(ask_cuda("no-such-driver.so.1").has_driver);
  CHECK(ask_cuda("no-such-driver.so.1").reason.find("no-such-driver.so.1") != std::string::npos);
}

TEST_CASE("CUDA's word completes a card, adds one that was not seen, and leaves others alone") {
  Gpu seen;
  seen.vendor = "NVIDIA";
  seen.bus_id = "0000:41:00.0";
  seen.pci_id = "10de:1d13";
  seen.compute_capability = "6.1";
  Gpu other;
  other.vendor = "Intel";
  other.bus_id = "0000:00:02.0";
  std::vector<Gpu> gpus{other, seen};
  CudaFacts facts;
  facts.bus_id = "0000:41:00.0";
  facts.name = "NVIDIA GeForce MX250";
  facts.compute_capability = "6.1";
  facts.memory = cachebench::kGiB * 2;
  facts.copy_engines = 1;
  CudaFacts hidden;
  hidden.bus_id = "0000:21:00.0";
  hidden.compute_capability = "9.0";
  merge_cuda({facts, hidden}, gpus);
  REQUIRE(gpus.size() == 3);
  CHECK(gpus[0].vendor == "Intel");
  CHECK(gpus[0].source == GpuSource::kPciId);
  CHECK(gpus[1].compute_capability == "9.0");
  CHECK(gpus[1].source == GpuSource::kCuda);
  CHECK(gpus[1].pci_id.empty());  // CUDA does not tell it
  CHECK(gpus[2].name == "NVIDIA GeForce MX250");
  CHECK(gpus[2].pci_id == "10de:1d13");
  CHECK(gpus[2].memory == cachebench::kGiB * 2);
  CHECK(gpus[2].copy_engines == 1);
  CHECK_FALSE(gpus[2].multiprocessors.has_value());
}

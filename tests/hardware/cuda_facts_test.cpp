// SPDX-License-Identifier: Apache-2.0
#include "hardware/cuda_facts.h"

#include <doctest/doctest.h>

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
  CHECK(gpus[2].name == "NVIDIA GeForce MX250");
  CHECK(gpus[2].pci_id == "10de:1d13");
  CHECK(gpus[2].memory == cachebench::kGiB * 2);
  CHECK(gpus[2].copy_engines == 1);
  CHECK_FALSE(gpus[2].multiprocessors.has_value());
}

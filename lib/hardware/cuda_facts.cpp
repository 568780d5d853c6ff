// SPDX-License-Identifier: Apache-2.0
#include "hardware/cuda_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "hardware/nvidia/cuda_driver.h"

namespace cachebench::hardware {
namespace {

#if __has_include(<cuda.h>)

std::optional<int> attribute(const nvidia::CudaDriver& driver, CUdevice device, CUdevice_attribute which) {
  int value = 0;
  if (driver.device_get_attribute(&value, which, device) != CUDA_SUCCESS || value < 0) return std::nullopt;
  return value;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

CudaFacts facts_of(const nvidia::CudaDriver& driver, CUdevice device) {
  CudaFacts facts;
  std::array<char, 256> text{};
  const auto length = static_cast<int>(text.size()) - 1;
  if (driver.device_get_pci_bus_id(text.data(), length, device) == CUDA_SUCCESS)
    facts.bus_id = lower(text.data());
  if (driver.device_get_name(text.data(), length, device) == CUDA_SUCCESS) facts.name = text.data();
  const auto major = attribute(driver, device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  const auto minor = attribute(driver, device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  if (major && minor) facts.compute_capability = fmt::format("{}.{}", *major, *minor);
  std::size_t bytes = 0;
  if (driver.device_total_mem(&bytes, device) == CUDA_SUCCESS) facts.memory = Bytes{bytes};
  facts.multiprocessors = attribute(driver, device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  facts.copy_engines = attribute(driver, device, CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT);
  return facts;
}

#endif

void merge(const CudaFacts& card, Gpu& gpu) {
  if (!card.name.empty()) gpu.name = card.name;
  if (!card.compute_capability.empty()) {
    gpu.compute_capability = card.compute_capability;
    gpu.source = GpuSource::kCuda;
  }
  if (card.memory) gpu.memory = card.memory;
  if (card.multiprocessors) gpu.multiprocessors = card.multiprocessors;
  if (card.copy_engines) gpu.copy_engines = card.copy_engines;
}

}  // namespace

CudaAnswer ask_cuda([[maybe_unused]] const std::string& library) {
  CudaAnswer answer;
#if __has_include(<cuda.h>)
  const nvidia::OpenedDriver opened =
      nvidia::open_cuda_driver(library.empty() ? nvidia::kCudaLibrary : library);
  answer.has_driver = opened.is_installed;
  if (opened.driver == nullptr) {
    answer.reason = opened.reason;
    return answer;
  }
  int count = 0;
  if (const CUresult result = opened.driver->device_get_count(&count); result != CUDA_SUCCESS) {
    answer.reason = nvidia::describe(*opened.driver, result);
    return answer;
  }
  for (int i = 0; i < count; ++i) {
    CUdevice device = 0;
    if (opened.driver->device_get(&device, i) == CUDA_SUCCESS)
      answer.cards.push_back(facts_of(*opened.driver, device));
  }
  if (answer.cards.empty()) answer.reason = "the driver sees no card";
#else
  answer.reason = "built without cuda.h";
#endif
  return answer;
}

void merge_cuda(const std::vector<CudaFacts>& cards, std::vector<Gpu>& gpus) {
  for (const CudaFacts& card : cards) {
    const auto known =
        std::find_if(gpus.begin(), gpus.end(), [&](const Gpu& gpu) { return gpu.bus_id == card.bus_id; });
    if (known != gpus.end()) {
      merge(card, *known);
      continue;
    }
    Gpu gpu;
    gpu.vendor = "NVIDIA";
    gpu.bus_id = card.bus_id;
    merge(card, gpu);
    gpus.push_back(std::move(gpu));
  }
  std::sort(gpus.begin(), gpus.end(), [](const Gpu& a, const Gpu& b) { return a.bus_id < b.bus_id; });
}

}  // namespace cachebench::hardware

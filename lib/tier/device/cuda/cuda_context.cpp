// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/cuda_context.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>

#include "core/check.h"
#include "tier/round_up.h"

namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)
namespace {

constexpr const char* kInstead = "host and SSD tiers work all the same, and device \"emulated\" needs no GPU";

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorKind::kEnvironment, fmt::format("device \"cuda\": {}; {}", reason, kInstead));
}

const char* advice_on(CUresult result) {
  switch (result) {
    case CUDA_ERROR_OUT_OF_MEMORY:
      return "give the tier less, or end other programs on the GPU";
    case CUDA_ERROR_DEVICE_UNAVAILABLE:
      return "another program holds the GPU alone: wait for it, or take device \"emulated\"";
    case CUDA_ERROR_NO_BINARY_FOR_GPU:
    case CUDA_ERROR_UNSUPPORTED_PTX_VERSION:
    case CUDA_ERROR_INVALID_IMAGE:
      return "the driver is older than the kernels: update it; copies work without them";
    default:
      return is_sticky(result) ? "the GPU is lost to this process: run again, or take device \"emulated\""
                               : "";
  }
}

}  // namespace

bool is_sticky(CUresult result) {
  switch (result) {
    case CUDA_SUCCESS:
    case CUDA_ERROR_NOT_READY:
    case CUDA_ERROR_INVALID_VALUE:
    case CUDA_ERROR_INVALID_HANDLE:
    case CUDA_ERROR_OUT_OF_MEMORY:
    case CUDA_ERROR_NOT_FOUND:
    case CUDA_ERROR_NOT_SUPPORTED:
    case CUDA_ERROR_INVALID_IMAGE:
    case CUDA_ERROR_NO_BINARY_FOR_GPU:
    case CUDA_ERROR_UNSUPPORTED_PTX_VERSION:
    case CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES:
    case CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED:
      return false;
    default:
      return true;  // the cautious side: whoever goes on after a fault reads what was never copied
  }
}

CudaContext::CudaContext(const std::string& library, int ordinal) {
  hardware::nvidia::OpenedDriver opened = hardware::nvidia::open_cuda_driver(library);
  if (opened.driver == nullptr) refuse(opened.reason);
  driver_ = std::move(opened.driver);
  int count = 0;
  if (const CUresult result = driver_->device_get_count(&count); result != CUDA_SUCCESS) {
    refuse(fmt::format("its GPUs cannot be counted: {}", hardware::nvidia::describe(*driver_, result)));
  }
  if (ordinal < 0 || ordinal >= count) {
    refuse(fmt::format("no GPU number {} (the driver shows {}; CUDA_VISIBLE_DEVICES may hide others)",
                       ordinal, count));
  }
  CUresult result = driver_->device_get(&device_, ordinal);
  if (result == CUDA_SUCCESS) result = driver_->device_primary_ctx_retain(&context_, device_);
  if (result != CUDA_SUCCESS) {
    refuse(fmt::format("GPU {} cannot be used: {}", ordinal, hardware::nvidia::describe(*driver_, result)));
  }
  read_facts();
}

CudaContext::~CudaContext() {
  // At the process's end the driver may be gone already; then there is nothing left to give back.
  static_cast<void>(driver_->device_primary_ctx_release(device_));
}

void CudaContext::read_facts() {
  std::array<char, 256> name{};
  std::size_t total = 0;
  static_cast<void>(driver_->device_get_name(name.data(), static_cast<int>(name.size()), device_));
  static_cast<void>(driver_->device_total_mem(&total, device_));
  const auto attribute = [&](CUdevice_attribute which) {
    int value = 0;
    return driver_->device_get_attribute(&value, which, device_) == CUDA_SUCCESS ? value : 0;
  };
  facts_ = {.name = name.data(),
            .major = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
            .minor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
            .async_engines = attribute(CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT),
            .memory_pools = attribute(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED) != 0,
            .total_memory = Bytes{total}};
}

// Fails only where the context is lost; the call that follows then says so.
CudaContext::Scope::Scope(const CudaContext& context)
    : context_(context), pushed_(context.driver_->ctx_push_current(context.context_) == CUDA_SUCCESS) {}

CudaContext::Scope::~Scope() {
  if (!pushed_) return;
  CUcontext popped = nullptr;
  static_cast<void>(context_.driver_->ctx_pop_current(&popped));
}

std::exception_ptr CudaContext::failure(CUresult result, std::string_view action) {
  if (std::exception_ptr earlier = lost()) return earlier;
  const char* const advice = advice_on(result);
  const std::string text =
      fmt::format("device \"cuda\" ({}): {} failed: {}{}{}", facts_.name, action,
                  hardware::nvidia::describe(*driver_, result), *advice == '\0' ? "" : "; ", advice);
  const std::exception_ptr error = std::make_exception_ptr(Error(ErrorKind::kEnvironment, text));
  if (!is_sticky(result)) return error;
  const MutexLock lock(mutex_);
  if (lost_ == nullptr) lost_ = error;
  return lost_;
}

void CudaContext::check(CUresult result, std::string_view action) {
  if (result != CUDA_SUCCESS) std::rethrow_exception(failure(result, action));
}

std::exception_ptr CudaContext::lost() const {
  const MutexLock lock(mutex_);
  return lost_;
}

void CudaContext::add_memory(CUdeviceptr base, Bytes size) {
  const MutexLock lock(mutex_);
  memory_.emplace(base, size);
}

void CudaContext::remove_memory(CUdeviceptr base) {
  const MutexLock lock(mutex_);
  memory_.erase(base);
}

bool CudaContext::is_memory(CUdeviceptr first, Bytes size) const {
  const MutexLock lock(mutex_);
  const auto after = memory_.upper_bound(first);
  if (after == memory_.begin()) return false;
  const auto& [base, whole] = *std::prev(after);
  const std::uint64_t offset = first - base;
  return offset <= whole.value && size.value <= whole.value - offset;
}

std::byte* CudaContext::allocate_pinned(Bytes size) {
  const Scope scope(*this);
  void* memory = nullptr;
  const unsigned flags = CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP;
  if (driver_->mem_host_alloc(&memory, size.value, flags) != CUDA_SUCCESS) return nullptr;
  if (reinterpret_cast<std::uintptr_t>(memory) % kPage != 0) {
    static_cast<void>(driver_->mem_free_host(memory));  // the driver gives whole pages; no other one is known
    return nullptr;
  }
  auto* const bytes = static_cast<std::byte*>(memory);
  const MutexLock lock(mutex_);
  pinned_.emplace(bytes, size);
  return bytes;
}

void CudaContext::release_pinned(std::byte* memory) noexcept {
  {
    const MutexLock lock(mutex_);
    const std::size_t erased = pinned_.erase(memory);
    CACHEBENCH_CHECK(erased == 1, "memory that is not this device's");
  }
  const Scope scope(*this);
  static_cast<void>(driver_->mem_free_host(memory));
}

bool CudaContext::is_pinned(std::span<const std::byte> range) const {
  const MutexLock lock(mutex_);
  const auto after = pinned_.upper_bound(range.data());
  if (after == pinned_.begin()) return false;
  const auto& [first, size] = *std::prev(after);
  return range.data() + range.size() <= first + size.value;
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

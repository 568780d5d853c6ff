// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/sync.h"
#include "core/units.h"
#include "hardware/nvidia/cuda_driver.h"

/// One GPU's primary context, and what everything in it shares: the driver's functions, the device's facts,
/// the memory that was given out on both sides, and whether the device was lost. Shared by the device, its
/// streams, events and pinned memory; the last of them gives the context back. Thread-safe.
namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)

struct DeviceFacts {
  std::string name;
  int major = 0;
  int minor = 0;
  int async_engines = 0;
  bool memory_pools = false;
  Bytes total_memory;
};

class CudaContext {
 public:
  /// Throws Error{kEnvironment} where there is no such device.
  CudaContext(const std::string& library, int ordinal);
  ~CudaContext();
  CudaContext(const CudaContext&) = delete;
  CudaContext& operator=(const CudaContext&) = delete;

  [[nodiscard]] const hardware::nvidia::CudaDriver& driver() const { return *driver_; }
  [[nodiscard]] const DeviceFacts& facts() const { return facts_; }
  [[nodiscard]] CUdevice device() const { return device_; }

  /// Makes the context the calling thread's while it lives, and puts back what was there.
  class Scope {
   public:
    explicit Scope(const CudaContext& context);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    const CudaContext& context_;
    const bool pushed_;
  };

  /// One line: what was tried, why it failed, what to do. A sticky result also marks the device as lost.
  [[nodiscard]] std::exception_ptr failure(CUresult result, std::string_view action);
  /// Throws `failure` unless the result is a success.
  void check(CUresult result, std::string_view action);
  /// What the device was lost of; null while it is there.
  [[nodiscard]] std::exception_ptr lost() const CACHEBENCH_EXCLUDES(mutex_);

  // The memory on the device that was taken for this process's own copies.
  void add_memory(CUdeviceptr base, Bytes size) CACHEBENCH_EXCLUDES(mutex_);
  void remove_memory(CUdeviceptr base) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] bool is_memory(CUdeviceptr first, Bytes size) const CACHEBENCH_EXCLUDES(mutex_);

  // The host memory that the device reaches by itself.
  [[nodiscard]] std::byte* allocate_pinned(Bytes size) CACHEBENCH_EXCLUDES(mutex_);
  void release_pinned(std::byte* memory) noexcept CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] bool is_pinned(std::span<const std::byte> range) const CACHEBENCH_EXCLUDES(mutex_);

 private:
  void read_facts();

  std::shared_ptr<const hardware::nvidia::CudaDriver> driver_;
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  DeviceFacts facts_;
  mutable Mutex mutex_;
  std::exception_ptr lost_ CACHEBENCH_GUARDED_BY(mutex_);
  std::map<CUdeviceptr, Bytes> memory_ CACHEBENCH_GUARDED_BY(mutex_);
  std::map<const std::byte*, Bytes> pinned_ CACHEBENCH_GUARDED_BY(mutex_);
};

/// Whether nothing works in the context any more after that result.
[[nodiscard]] bool is_sticky(CUresult result);

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

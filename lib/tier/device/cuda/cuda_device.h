// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tier/device/device_api.h"

/// An NVIDIA GPU behind the device's border, through the driver alone: opened at run time, without the CUDA
/// runtime, down to compute capability 6.1. It lives in the device's primary context, so addresses are those
/// that other libraries of the process (LibTorch) use on that GPU. Streams do not block on the legacy one.
/// Completions run on a thread of each stream. Thread-safe; streams, events and pinned memory keep what they
/// need of it alive.
namespace cachebench::tier {

/// How the copies of one submission travel. The later ones serve where the earlier are not to be had.
enum class BatchedCopies : std::uint8_t {
  kAuto,    ///< kDriver, else kKernel, else kSingle
  kDriver,  ///< one cuMemcpyBatchAsync: drivers of CUDA 13 and newer
  kKernel,  ///< one kernel moves all ranges; the host's end has to lie in this device's pinned memory
  kSingle,  ///< one cuMemcpyAsync each, between two events
};

struct CudaDeviceOptions {
  std::string library = "libcuda.so.1";
  int ordinal = 0;  ///< among those that CUDA_VISIBLE_DEVICES leaves
  BatchedCopies batched = BatchedCopies::kAuto;
};

/// Throws Error{kEnvironment} with what to do where this build, the driver or the machine has no such device.
[[nodiscard]] std::shared_ptr<DeviceApi> make_cuda_device(const CudaDeviceOptions& options = {});

/// A device's context, the calling thread's for as long as this lives; to be ended on the same thread.
class CurrentContext {
 public:
  virtual ~CurrentContext() = default;
};
/// For libraries that look for it there. Null where `device` is none of CUDA's.
[[nodiscard]] std::unique_ptr<CurrentContext> make_current(const DeviceApi& device);

/// Why no kernel moves copies of `device`, whatever was asked for; empty where one can.
[[nodiscard]] std::string why_no_kernel_moves(const DeviceApi& device);

}  // namespace cachebench::tier

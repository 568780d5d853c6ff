// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/error.h"
#include "hardware/nvidia/cuda_driver.h"
#include "tier/device/cuda/cuda_device.h"
#include "tier/device/emulated_device.h"
#include "tier/device/fake_driver/fake_cuda.h"
#include "tier/lossy/lossy.h"

/// The devices that the common suite runs on. Each type makes one; null where this machine has none, said in
/// a message. The fake driver's are the product's CUDA code, executed on the processor: no GPU.
namespace cachebench::tier::testing {

inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

struct DeviceSetUp {
  Bytes memory{64 * kMiB.value};
  std::uint64_t lost_after_copies = kNever;
};

inline bool decode_on_host(Encoding encoding, std::span<const std::byte> in, const TensorMeta& meta,
                           std::span<std::byte> out) {
  const std::optional<LossyFormat> format = lossy_format_of(encoding);
  return format && decode_lossy(*format, in, meta, out);
}

template <Throttle kThrottle, std::uint64_t kInline>
struct EmulatedDeviceType {
  static constexpr bool kCanBeLost = true;
  static constexpr bool kBoundedMemory = true;
  static std::shared_ptr<DeviceApi> make(const DeviceSetUp& set_up) {
    const hardware::Channel link{.bytes_per_second = 20e9, .latency = Nanoseconds{5'000}};
    return make_emulated_device({.h2d = link,
                                 .d2h = link,
                                 .throttle = kThrottle,
                                 .memory = set_up.memory,
                                 .decoder = decode_on_host,
                                 .inline_up_to = Bytes{kInline},
                                 .lost_after_copies = set_up.lost_after_copies});
  }
};

template <BatchedCopies kBatched>
struct FakeDriverType {
  static constexpr bool kCanBeLost = true;
  static constexpr bool kBoundedMemory = true;
  static std::shared_ptr<DeviceApi> make(const DeviceSetUp& options) {
    if (!hardware::nvidia::kHasCudaHeader || !std::filesystem::exists(kFakeCudaLibrary)) {
      MESSAGE("skipped: this build has no cuda.h, or no fake driver");
      return nullptr;
    }
    set_up({.memory = options.memory.value, .lost_after_copies = options.lost_after_copies});
    return make_cuda_device({.library = kFakeCudaLibrary, .batched = kBatched});
  }
};

struct GpuType {
  static constexpr bool kCanBeLost = false;
  static constexpr bool kBoundedMemory = false;
  static std::shared_ptr<DeviceApi> make(const DeviceSetUp&) {
    try {
      return make_cuda_device();
    } catch (const Error& error) {
      MESSAGE("skipped: " << std::string(error.what()));
      return nullptr;
    }
  }
};

using EmulatedInline = EmulatedDeviceType<Throttle::kOff, 64 * kMiB.value>;
using EmulatedQueued = EmulatedDeviceType<Throttle::kOff, 0>;
using EmulatedThrottled = EmulatedDeviceType<Throttle::kOn, 0>;
using FakeDriverBatches = FakeDriverType<BatchedCopies::kDriver>;
using FakeDriverKernels = FakeDriverType<BatchedCopies::kKernel>;
using FakeDriverSingle = FakeDriverType<BatchedCopies::kSingle>;

}  // namespace cachebench::tier::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "core/units.h"
#include "hardware/profile.h"
#include "tier/device/device_api.h"

/// A device in host memory: streams, events and copies behave as a GPU's do, and the copies take the time of
/// a profile's link. With the throttle on, a copy completes at an absolute deadline, the link's rate and
/// latency after it could start; with it off it is a plain memcpy. What the machine cannot emulate (a link
/// faster than its memcpy, a latency below its hand-over between threads) is measured when the device is
/// made, in a few milliseconds, and said in its notes. Thread-safe.
namespace cachebench::tier {

enum class Throttle : std::uint8_t { kOff, kOn };

/// Gives plain elements out of a form; false where the sizes do not fit (cache/compression has one).
using FormDecoder = bool (*)(Encoding encoding, std::span<const std::byte> in, const TensorMeta& meta,
                             std::span<std::byte> out);

struct EmulatedDeviceOptions {
  hardware::Channel h2d;
  hardware::Channel d2h;
  Throttle throttle = Throttle::kOn;
  Bytes memory{};                       ///< what `malloc` gives in all; 0 for as much as the host has
  FormDecoder decoder = nullptr;        ///< stands for the kernels; without it nothing is decoded there
  int engines_per_direction = 1;        ///< they share the link
  Bytes inline_up_to{64 * kMiB.value};  ///< unthrottled copies that run on the caller's thread
  /// For tests of what goes on above: so many copies go well, then the device is lost (device_api.h).
  std::uint64_t lost_after_copies = std::numeric_limits<std::uint64_t>::max();
};

/// Throws Error{kUsage} when the throttle is on and a rate is not positive or a latency negative.
[[nodiscard]] std::shared_ptr<DeviceApi> make_emulated_device(const EmulatedDeviceOptions& options);

}  // namespace cachebench::tier

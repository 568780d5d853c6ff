// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/sync.h"
#include "core/units.h"
#include "tier/device/device_api.h"

/// Device memory that is used again: asking a device for memory stops it (cudaMalloc) or makes the kernel
/// find and clear pages (the emulated one), which for inputs of some megabytes takes longer than the link.
/// Keeps at most `bound` idle, gives the smallest first when more comes back, and gives all of it up before
/// it says that there is no room; the device is never asked with the lock held. Owns what is idle; what is
/// lent out is the borrower's until it comes back. Thread-safe. Outlived by the device.
namespace cachebench::pipeline {

class DeviceBuffers {
 public:
  struct Buffer {
    tier::DevicePointer at{};
    Bytes size;
  };
  /// A bound of 0 keeps nothing.
  DeviceBuffers(tier::DeviceApi& device, Bytes bound) : device_(device), bound_(bound) {}
  ~DeviceBuffers();
  DeviceBuffers(const DeviceBuffers&) = delete;
  DeviceBuffers& operator=(const DeviceBuffers&) = delete;

  /// At least so many bytes; none when the device has no room.
  [[nodiscard]] std::optional<Buffer> acquire(Bytes bytes) CACHEBENCH_EXCLUDES(mutex_);
  void give_back(Buffer buffer) noexcept CACHEBENCH_EXCLUDES(mutex_);
  /// Of the buffers lent so far, those that had been used before.
  [[nodiscard]] std::uint64_t reused() const CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] Bytes idle() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  using Idle = std::multimap<Bytes, tier::DevicePointer>;  // by size
  [[nodiscard]] Idle take_idle(Bytes down_to) noexcept CACHEBENCH_REQUIRES(mutex_);
  void free(const Idle& buffers) noexcept CACHEBENCH_EXCLUDES(mutex_);

  tier::DeviceApi& device_;
  const Bytes bound_;
  mutable Mutex mutex_;
  Idle buffers_ CACHEBENCH_GUARDED_BY(mutex_);
  Bytes idle_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t reused_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <memory>
#include <string>

#include "bench/calibrate/session.h"
#include "core/clock.h"
#include "tier/device/device_api.h"
#include "tier/mapping.h"

/// Single copies between host memory and device memory, from their submission to the moment that the device
/// calls them complete. Owns its memory, streams and the device. Thread-compatible. Throws
/// Error{kEnvironment} without memory.
namespace cachebench::bench {

enum class CopyWay : std::uint8_t { kUp, kDown };
enum class HostMemoryKind : std::uint8_t { kPinned, kPageable };

class DeviceCopies {
 public:
  /// `largest`: of the copies.
  DeviceCopies(const Clock& clock, HostMemoryKind kind, Bytes largest);
  ~DeviceCopies();
  DeviceCopies(const DeviceCopies&) = delete;
  DeviceCopies& operator=(const DeviceCopies&) = delete;

  [[nodiscard]] CalibrationBasis basis() const;
  /// Empty when the memory is what was asked for.
  [[nodiscard]] const std::string& why_not_pinned() const { return why_not_pinned_; }
  [[nodiscard]] Nanoseconds once(CopyWay way, Bytes size);
  /// One of `size` each way at the same time, until both are complete.
  [[nodiscard]] Nanoseconds both_ways(Bytes size);

 private:
  void submit(CopyWay way, Bytes size, Nanoseconds& finished);
  void rethrow();

  const Clock& clock_;
  const Bytes largest_;
  std::string why_not_pinned_;
  // The device's thread writes it before a stream is idle.
  std::exception_ptr error_;
  tier::Mapping host_;  // as much for each way
  std::shared_ptr<tier::DeviceApi> device_;
  tier::DevicePointer memory_{};
  std::unique_ptr<tier::DeviceStream> up_;
  std::unique_ptr<tier::DeviceStream> down_;
};

}  // namespace cachebench::bench

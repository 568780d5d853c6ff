// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <memory>
#include <span>
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

/// The machine's GPU, or the emulated device without its throttle and the reason in `why_emulated`.
[[nodiscard]] std::shared_ptr<tier::DeviceApi> calibrated_device(std::string& why_emulated);

class DeviceCopies {
 public:
  /// `largest`: of the copies.
  DeviceCopies(const Clock& clock, std::shared_ptr<tier::DeviceApi> device, HostMemoryKind kind,
               Bytes largest);
  ~DeviceCopies();
  DeviceCopies(const DeviceCopies&) = delete;
  DeviceCopies& operator=(const DeviceCopies&) = delete;

  [[nodiscard]] CalibrationBasis basis() const;
  /// Empty when the memory is what was asked for.
  [[nodiscard]] const std::string& why_not_pinned() const { return why_not_pinned_; }
  [[nodiscard]] Nanoseconds once(CopyWay way, Bytes size);
  /// One of `size` each way at the same time, until both are complete.
  [[nodiscard]] Nanoseconds both_ways(Bytes size);
  /// One submission of two small copies up, a few hundred being queued: what the submission itself costs.
  [[nodiscard]] Nanoseconds queued_pair();

 private:
  void submit(CopyWay way, Bytes size, Nanoseconds& finished);
  void rethrow();
  void take_host_memory(HostMemoryKind kind);

  const Clock& clock_;
  const Bytes largest_;
  std::string why_not_pinned_;
  // The device's thread writes it before a stream is idle.
  std::exception_ptr error_;
  std::shared_ptr<tier::DeviceApi> device_;
  tier::Mapping plain_;                         // the one or the other
  std::shared_ptr<tier::PinnedMemory> pinned_;  // whose `host_` is then
  std::span<std::byte> host_;                   // as much for each way
  tier::DevicePointer memory_{};
  std::unique_ptr<tier::DeviceStream> up_;
  std::unique_ptr<tier::DeviceStream> down_;
};

}  // namespace cachebench::bench

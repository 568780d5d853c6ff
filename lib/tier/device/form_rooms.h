// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/sync.h"
#include "core/units.h"
#include "tier/device/device_api.h"

/// Pieces of device memory in which lossy forms wait to be decoded, beside the tier's own. They are kept and
/// used again, in powers of two from 64 KiB, and never come to more than `bound`; taking one never waits.
/// Giving one back does not call the device, so that completions may. Owns the pieces; the device outlives
/// it. Thread-safe. REQUIRES: none is taken when it ends.
namespace cachebench::tier {

class FormRooms {
 public:
  static constexpr Bytes kBound{64 * kMiB.value};

  explicit FormRooms(DeviceApi& device, Bytes bound = kBound) : device_(device), bound_(bound) {}
  ~FormRooms();
  FormRooms(const FormRooms&) = delete;
  FormRooms& operator=(const FormRooms&) = delete;

  /// Room for so many bytes; nothing when the bound or the device has none left.
  [[nodiscard]] std::optional<DevicePointer> take(Bytes bytes) CACHEBENCH_EXCLUDES(mutex_);
  void give_back(DevicePointer room) noexcept CACHEBENCH_EXCLUDES(mutex_);
  /// Of the device's memory, held now.
  [[nodiscard]] Bytes held() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  struct Room {
    DevicePointer at{};
    Bytes size;
    bool is_taken = false;
  };
  [[nodiscard]] std::optional<DevicePointer> take_idle(Bytes bytes) CACHEBENCH_REQUIRES(mutex_);

  DeviceApi& device_;
  const Bytes bound_;
  mutable Mutex mutex_;
  std::vector<Room> rooms_ CACHEBENCH_GUARDED_BY(mutex_);
  Bytes held_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::tier

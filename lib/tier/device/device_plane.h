// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/units.h"
#include "tier/device/device_api.h"
#include "tier/plane.h"

/// Device memory: the first tier. An arena in the device's memory; `write` copies up on one stream, `read`
/// down on another, and a ticket completes when the device says so. Small copies that several threads submit
/// at once travel in one submission. The host cannot address the blocks: `host_view` is empty.
///
/// A read that follows a write of the same block waits for the write's ticket first, as streams run
/// independently. Without room on the device for the slack, the plane makes do with the capacity. The plane
/// shares the device with whoever else uses it. Room, slack and overflow: tier/block_space.h. Thread-safe.
namespace cachebench::tier {

struct DevicePlaneOptions {
  Bytes capacity;  ///< the tier's budget
};

/// Throws Error{kEnvironment} when the device has no memory for the capacity.
[[nodiscard]] std::unique_ptr<Plane> make_device_plane(const DevicePlaneOptions& options,
                                                       std::shared_ptr<DeviceApi> device);

}  // namespace cachebench::tier

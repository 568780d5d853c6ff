// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/units.h"
#include "tier/device/device_api.h"
#include "tier/device/file_upload.h"
#include "tier/plane.h"

/// Device memory: the first tier. An arena in the device's memory; `write` copies up on one stream, `read`
/// down on another (or as `streams` has it), and a ticket completes when the device says so. Small copies
/// that several threads submit at once travel in one submission. The host cannot address the blocks:
/// `host_view` is empty.
///
/// A read that follows a write of the same block waits for the write's ticket first, as streams run
/// independently. Without room on the device for the slack, the plane makes do with the capacity. The plane
/// shares the device with whoever else uses it. Room, slack and overflow: tier/block_space.h. Thread-safe.
namespace cachebench::tier {

struct DevicePlaneOptions {
  Bytes capacity;                       ///< the tier's budget
  Bytes chunk{};                        ///< larger copies go piece by piece; 0: at once
  Bytes gathered{64 * kKiB.value};      ///< up to here copies that wait travel together: the start costs more
  std::uint32_t batch = 64;             ///< so many of them in one submission
  std::uint32_t streams = 2;            ///< 1: one for all; 2: up, down; 3: decoded forms apart
  Bytes alignment{256};                 ///< of a block, a power of two
  std::shared_ptr<FileUpload> files{};  ///< takes records from the drive; null: they come through host memory
  std::vector<std::string> notes{};     ///< what its stats say besides
};

/// Throws Error{kEnvironment} when the device has no memory for the capacity.
[[nodiscard]] std::unique_ptr<Plane> make_device_plane(const DevicePlaneOptions& options,
                                                       std::shared_ptr<DeviceApi> device);

}  // namespace cachebench::tier

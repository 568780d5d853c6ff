// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "tier/device/device_api.h"
#include "tier/file_part.h"

/// A file's bytes to device memory, as a stream: for entries larger than what is worth holding in host memory
/// at once. The staged way serves every device: two page-locked buffers, one being read into while the other
/// is copied up, so the slower link sets the pace. The direct way (cuda/gds_upload.h) has the same interface.
/// An upload belongs to one thread at a time; it shares the device with whoever else uses it.
namespace cachebench::tier {

class FileUpload {
 public:
  virtual ~FileUpload() = default;
  /// "staged" or "direct".
  [[nodiscard]] virtual const char* kind() const = 0;
  /// Returns when all of it is on the device. Throws Error{kEnvironment} where the file or the device fails;
  /// nothing is in flight then.
  virtual void upload(const FilePart& part, DevicePointer target) = 0;
};

struct StagedUploadOptions {
  Bytes chunk{4 * kMiB.value};  ///< a multiple of 4 KiB
  int buffers = 2;
};

/// Throws Error{kEnvironment} when there is no host memory for the buffers.
[[nodiscard]] std::unique_ptr<FileUpload> make_staged_upload(std::shared_ptr<DeviceApi> device,
                                                             const StagedUploadOptions& options = {});

}  // namespace cachebench::tier

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "tier/device/file_upload.h"

/// GPUDirect Storage: a file's bytes to a GPU without a stop in host memory, by NVIDIA's cuFile library,
/// which is opened at run time. Nobody uses it unless asked to: it needs a data centre's or a workstation's
/// card and a driver of its own, and elsewhere the library itself falls back to reads through host memory,
/// which the staged upload does better. The types of cuFile's interface that are used are in the .cpp file.
namespace cachebench::tier {

inline constexpr const char* kCuFileLibrary = "libcufile.so.0";

/// `device` is a CUDA one. Throws Error{kEnvironment} with what to do where there is no cuFile or it refuses.
[[nodiscard]] std::unique_ptr<FileUpload> make_gds_upload(std::shared_ptr<DeviceApi> device,
                                                          const std::string& library = kCuFileLibrary);

}  // namespace cachebench::tier

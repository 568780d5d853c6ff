// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

/// The compiled kernels inside the program: for each source one image an architecture, made at build time
/// (scripts/cmake/cuda.cmake) and embedded. A build without compilers for them has an empty list. Constant
/// data.
namespace cachebench::tier::cuda {

enum class ImageKind : bool { kCubin, kPtx };

struct KernelImage {
  std::string_view module;  ///< stem of the source: "move", "quantise"
  int architecture = 0;     ///< 61 is compute capability 6.1
  ImageKind kind = ImageKind::kCubin;
  std::span<const std::byte> bytes;  ///< followed by a zero
};

/// What this program brings. Defined in a file that the build generates.
[[nodiscard]] std::span<const KernelImage> kernel_images();

/// The best image of `module` for that compute capability: machine code of the same major version that is not
/// newer, the newest such; else the newest PTX that the driver can translate; else null.
[[nodiscard]] const KernelImage* choose_image(std::span<const KernelImage> images, std::string_view module,
                                              int major, int minor);

}  // namespace cachebench::tier::cuda

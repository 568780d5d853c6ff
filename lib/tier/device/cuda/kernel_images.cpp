// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/kernel_images.h"

namespace cachebench::tier::cuda {
namespace {

bool runs_on(const KernelImage& image, int major, int minor) {
  if (image.kind == ImageKind::kPtx) return image.architecture <= major * 10 + minor;
  return image.architecture / 10 == major && image.architecture % 10 <= minor;
}

bool is_better(const KernelImage& image, const KernelImage& than) {
  if (image.kind != than.kind) return image.kind == ImageKind::kCubin;
  return image.architecture > than.architecture;
}

}  // namespace

const KernelImage* choose_image(std::span<const KernelImage> images, std::string_view module, int major,
                                int minor) {
  const KernelImage* best = nullptr;
  for (const KernelImage& image : images) {
    if (image.module != module || !runs_on(image, major, minor)) continue;
    if (best == nullptr || is_better(image, *best)) best = &image;
  }
  return best;
}

}  // namespace cachebench::tier::cuda

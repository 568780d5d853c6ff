// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tier/device/cuda/cuda_context.h"
#include "tier/device/cuda/kernel_images.h"
#include "tier/device/cuda/move_kernels.h"

/// The kernels of the program, loaded into a GPU's context, and their launches. Where no image fits the card
/// or its driver refuses the image, there are none, and `reason` says why: copies go on without them. Loaded
/// once, immutable from then on; launches are as thread-safe as the driver's. Results are the driver's own,
/// for the caller to turn into an error of what it was doing.
namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)

/// Blocks along x and y, and threads of a block along x.
struct LaunchShape {
  unsigned columns = 1;
  unsigned rows = 1;
  unsigned threads = 256;
};

class Kernels {
 public:
  Kernels(std::shared_ptr<CudaContext> context, std::span<const KernelImage> images);
  ~Kernels();
  Kernels(const Kernels&) = delete;
  Kernels& operator=(const Kernels&) = delete;

  /// Why some kernels are missing; empty when all are there.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] bool has(std::string_view kernel) const { return functions_.contains(kernel); }

  /// Queues a kernel. `parameters` point to its arguments, in order. REQUIRES: `has(kernel)`, and the context
  /// current on this thread.
  [[nodiscard]] CUresult launch(std::string_view kernel, const LaunchShape& shape, CUstream stream,
                                std::span<void*> parameters) const;

  /// Most ranges of one `move`: what a grid has rows.
  static constexpr std::size_t kMostRanges = 65'535;
  /// Queues the copies of `ranges`, which the device reads by itself until they are done.
  [[nodiscard]] CUresult move(std::span<const MoveRange> ranges, CUstream stream) const;

 private:
  void load(std::string_view module, std::span<const KernelImage> images);

  std::shared_ptr<CudaContext> context_;
  std::map<std::string, CUmodule> modules_;
  std::map<std::string, CUfunction, std::less<>> functions_;
  std::string reason_;
};

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

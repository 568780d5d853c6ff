// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <memory>

#include "tier/device/cuda/kernels.h"
#include "tier/device/device_types.h"

/// The kernels on the fake driver, and a stream. The fake driver looks no further than the first bytes of an
/// image, so what uses this needs no compiler for kernels.
namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)

struct KernelRig {
  KernelRig() {
    testing::set_up({});
    context = std::make_shared<CudaContext>(testing::kFakeCudaLibrary, 0);
    static const std::array<std::byte, 8> kText{std::byte{'/'}, std::byte{'/'}};
    const std::array<KernelImage, 3> images{{{"move", 52, ImageKind::kPtx, kText},
                                             {"quantise", 52, ImageKind::kPtx, kText},
                                             {"similarity", 61, ImageKind::kPtx, kText}}};
    kernels = std::make_unique<Kernels>(context, images);
    scope = std::make_unique<CudaContext::Scope>(*context);
    REQUIRE(context->driver().stream_create(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  }
  ~KernelRig() { static_cast<void>(context->driver().stream_destroy(stream)); }
  KernelRig(const KernelRig&) = delete;
  KernelRig& operator=(const KernelRig&) = delete;

  void finish() const { REQUIRE(context->driver().stream_synchronize(stream) == CUDA_SUCCESS); }

  std::shared_ptr<CudaContext> context;
  std::unique_ptr<Kernels> kernels;
  std::unique_ptr<CudaContext::Scope> scope;  // while the rig lives
  CUstream stream = nullptr;
};

/// The fake driver's kernels work anywhere in the processor's memory.
template <typename T>
std::uint64_t address_of(const T* pointer) {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(pointer));
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

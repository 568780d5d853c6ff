// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Allocator.h>
#include <torch/version.h>

#include "core/tensor_view.h"
#include "tier/plane.h"
#include "torch_model/internal/tensor_exchange.h"

/// Tensors of this library in memory of the tiers: an allocator that takes its bytes from whoever keeps them,
/// so that what a tensor holds is where it is cached, without a copy. The memory behind it outlives its
/// tensors. Thread-safe where that memory is.
namespace cachebench::torch_model {

class TierAllocator final : public c10::Allocator {
 public:
  explicit TierAllocator(HostMemory memory) : memory_(std::move(memory)) {}

  /// Bytes of the memory, given back with the tensor; of the library's own where it gives none.
#if TORCH_VERSION_MAJOR >= 2
  c10::DataPtr allocate(std::size_t bytes) override {
    return take(bytes);
  }
  void copy_data(void* to, const void* from, std::size_t bytes) const override;
#else
  c10::DataPtr allocate(std::size_t bytes) const override {
    return take(bytes);
  }
#endif
  /// An uninitialised tensor in it, of a fixed size.
  [[nodiscard]] at::Tensor empty(const TensorMeta& meta) const;

 private:
  [[nodiscard]] c10::DataPtr take(std::size_t bytes) const;

  HostMemory memory_;
};

/// Blocks of a plane whose bytes the host can address; null where it has no room or the host sees none.
[[nodiscard]] HostMemory memory_of(tier::Plane& plane);

}  // namespace cachebench::torch_model

// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/tier_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/StorageImpl.h>
#include <c10/core/TensorImpl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "torch_model/internal/weights.h"

namespace cachebench::torch_model {
namespace {

using Buffer = std::shared_ptr<std::byte>;

/// The context of a pointer of the library is plain; it becomes an owner again here.
void give_back(void* context) {
  const std::unique_ptr<Buffer> buffer(static_cast<Buffer*>(context));
}

}  // namespace

c10::DataPtr TierAllocator::take(std::size_t bytes) const {
  Buffer buffer = memory_ && bytes > 0 ? memory_(Bytes{bytes}) : nullptr;
  if (buffer == nullptr) return c10::GetDefaultCPUAllocator()->allocate(bytes);
  void* address = buffer.get();
  return {address, std::make_unique<Buffer>(std::move(buffer)).release(), &give_back,
          c10::Device(c10::DeviceType::CPU)};
}

#if TORCH_VERSION_MAJOR >= 2
void TierAllocator::copy_data(void* to, const void* from, std::size_t bytes) const {
  std::memcpy(to, from, bytes);
}
#endif

at::Tensor TierAllocator::empty(const TensorMeta& meta) const {
  const auto bytes = static_cast<std::size_t>(meta.bytes().value);
  c10::Storage storage(c10::make_intrusive<c10::StorageImpl>(c10::StorageImpl::use_byte_size_t(), bytes,
                                                             take(bytes), nullptr, false));
  at::Tensor tensor =
      at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(c10::DispatchKey::CPU),
                                               c10::scalarTypeToTypeMeta(scalar_type_of(meta.dtype)));
  const auto dims = meta.shape.dims();
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous({dims.data(), dims.size()});
  return tensor;
}

HostMemory memory_of(tier::Plane& plane) {
  return [&plane](Bytes bytes) -> Buffer {
    const tier::PlaneStats stats = plane.stats();
    if (stats.allocated + bytes > stats.capacity) return nullptr;  // a plane lends beyond it for a while
    const std::optional<tier::Block> block = plane.allocate(bytes);
    if (!block) return nullptr;
    const std::span<std::byte> seen = plane.host_view(*block);
    if (seen.size() < bytes.value) {
      plane.release(*block);
      return nullptr;
    }
    return {seen.data(), [&plane, block = *block](std::byte*) { plane.release(block); }};
  };
}

}  // namespace cachebench::torch_model

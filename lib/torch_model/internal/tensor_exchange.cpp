// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/tensor_exchange.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstdint>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "torch_model/internal/tier_allocator.h"
#include "torch_model/internal/weights.h"

namespace cachebench::torch_model {
namespace {

DType dtype_of(at::ScalarType type) {
  for (const DType dtype : {DType::kU8, DType::kI8, DType::kI64, DType::kF16, DType::kBF16, DType::kF32}) {
    if (scalar_type_of(dtype) == type) return dtype;
  }
  CACHEBENCH_CHECK(false, "no dtype for {}", c10::toString(type));
}

Shape shape_of(at::IntArrayRef sizes) {
  switch (sizes.size()) {
    case 0:
      return {};
    case 1:
      return {sizes[0]};
    case 2:
      return {sizes[0], sizes[1]};
    case 3:
      return {sizes[0], sizes[1], sizes[2]};
    case 4:
      return {sizes[0], sizes[1], sizes[2], sizes[3]};
    case 5:
      return {sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]};
    default:
      CACHEBENCH_CHECK(sizes.size() == 6, "{} dimensions", sizes.size());
      return {sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]};
  }
}

at::IntArrayRef sizes_of(const TensorMeta& meta) {
  return {meta.shape.dims().data(), meta.shape.dims().size()};
}

}  // namespace

TensorMeta meta_of(const at::Tensor& tensor) {
  return {.shape = shape_of(tensor.sizes()), .dtype = dtype_of(tensor.scalar_type())};
}

at::Tensor tensor_over(const SharedTensor& shared, const TensorMeta& expected, std::string_view what) {
  if (!shared) throw Error(ErrorKind::kUsage, fmt::format("{} is needed and not there", what));
  if (shared.meta() != expected) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{} is {} [{}], expected {} [{}]", what, name_of(shared.meta().dtype),
                            fmt::join(shared.meta().shape.dims(), ", "), name_of(expected.dtype),
                            fmt::join(expected.shape.dims(), ", ")));
  }
  const TensorView view = shared.view();
  const bool aligned = reinterpret_cast<std::uintptr_t>(view.data.data()) % size_of(expected.dtype) == 0;
  if (view.data.empty() || !aligned) return tensor_over(view);
  // from_blob takes memory it may write to; nothing here does.
  auto* memory = const_cast<std::byte*>(view.data.data());
  return at::from_blob(
      memory, sizes_of(expected), [kept = shared](void*) {}, scalar_type_of(expected.dtype));
}

SharedTensor shared_over(const at::Tensor& tensor) {
  at::Tensor dense = tensor.contiguous();
  const TensorMeta meta = meta_of(dense);
  if (dense.numel() == 0) return {meta, std::vector<std::byte>{}};
  const auto* bytes = static_cast<const std::byte*>(dense.data_ptr());
  const auto owner = std::make_shared<const at::Tensor>(std::move(dense));
  return {meta, std::shared_ptr<const std::byte>(owner, bytes)};
}

at::Tensor empty_in(const HostMemory& memory, const TensorMeta& meta) {
  return TierAllocator(memory).empty(meta);
}

SharedTensor shared_copy(const at::Tensor& tensor, const HostMemory& memory) {
  at::Tensor copy = empty_in(memory, meta_of(tensor));
  copy.copy_(tensor);
  return shared_over(copy);
}

}  // namespace cachebench::torch_model

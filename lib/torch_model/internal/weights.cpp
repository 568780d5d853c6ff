// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/weights.h"

#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "core/hash.h"
#include "core/rng.h"

namespace cachebench::torch_model {
namespace {

constexpr double kInitialScale = 0.02;  // standard deviation of the published model's initialiser

Shape shape_of(std::initializer_list<std::int64_t> dims) {
  return dims;
}

bool is_norm(std::string_view name) {
  return name.find("norm") != std::string_view::npos;
}

}  // namespace

at::ScalarType scalar_type_of(DType dtype) {
  switch (dtype) {
    case DType::kU8:
      return at::kByte;
    case DType::kI8:
      return at::kChar;
    case DType::kI64:
      return at::kLong;
    case DType::kF16:
      return at::kHalf;
    case DType::kBF16:
      return at::kBFloat16;
    case DType::kF32:
      return at::kFloat;
  }
  CACHEBENCH_CHECK(false, "dtype {}", static_cast<int>(dtype));
}

at::Tensor tensor_over(const TensorView& view) {
  const auto dims = view.meta.shape.dims();
  const at::IntArrayRef sizes(dims.data(), dims.size());
  const at::ScalarType type = scalar_type_of(view.meta.dtype);
  if (view.data.empty()) return at::empty(sizes, type);
  const bool aligned = reinterpret_cast<std::uintptr_t>(view.data.data()) % size_of(view.meta.dtype) == 0;
  // from_blob takes memory it may write to; nothing here does.
  auto* memory = const_cast<std::byte*>(view.data.data());
  if (aligned) return at::from_blob(memory, sizes, type);
  at::Tensor copy = at::empty(sizes, type);
  std::copy(view.data.begin(), view.data.end(), static_cast<std::byte*>(copy.data_ptr()));
  return copy;
}

WeightSource checkpoint_weights(const model::Checkpoint& checkpoint, at::ScalarType dtype) {
  return [&checkpoint, dtype](const std::string& name, std::initializer_list<std::int64_t> shape) {
    return tensor_over(checkpoint.weight(name, shape_of(shape))).to(dtype);
  };
}

WeightSource random_weights(std::uint64_t seed, at::ScalarType dtype) {
  return [seed, dtype](const std::string& name, std::initializer_list<std::int64_t> shape) {
    const at::IntArrayRef sizes(shape.begin(), shape.size());
    if (is_norm(name) && name.ends_with(".weight")) return at::ones(sizes, dtype);
    if (name.ends_with(".bias")) return at::zeros(sizes, dtype);
    at::Tensor values = at::empty(sizes, at::kFloat);
    Rng rng(hash64(std::as_bytes(std::span(name))) ^ seed);
    // Uniform with the variance asked for: a normal draw needs functions that differ between machines.
    constexpr double kRootOfTwelve = 3.4641016151377544;
    float* out = values.data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      out[i] = static_cast<float>((rng.uniform() - 0.5) * kRootOfTwelve * kInitialScale);
    }
    return values.to(dtype);
  };
}

}  // namespace cachebench::torch_model

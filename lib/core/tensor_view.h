// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "core/units.h"

/// Shapes, element types and non-owning views of dense row-major tensors: what crosses folder borders instead
/// of a tensor library's own type.
namespace cachebench {

enum class DType : std::uint8_t { kU8, kI8, kI64, kF16, kBF16, kF32 };
[[nodiscard]] std::uint64_t size_of(DType dtype);
[[nodiscard]] std::string_view name_of(DType dtype);

/// Up to six dimensions; a default-constructed shape is a scalar (one element).
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims);
  [[nodiscard]] std::span<const std::int64_t> dims() const { return {dims_.data(), rank_}; }
  /// Product of the dimensions; 0 when one is 0. Throws Error{kUsage} when it overflows or one is negative.
  [[nodiscard]] std::uint64_t elements() const;
  bool operator==(const Shape&) const = default;

 private:
  std::array<std::int64_t, 6> dims_{};
  std::size_t rank_ = 0;
};

/// What a tensor is, without its bytes.
struct TensorMeta {
  Shape shape;
  DType dtype = DType::kU8;
  [[nodiscard]] Bytes bytes() const { return Bytes{shape.elements() * size_of(dtype)}; }
  bool operator==(const TensorMeta&) const = default;
};

/// Bytes of a tensor in host memory, not owned. `data.size()` equals `meta.bytes()`.
struct TensorView {
  TensorMeta meta;
  std::span<const std::byte> data;
};

/// A view of plain bytes: one dimension of u8.
[[nodiscard]] TensorView view_of(std::span<const std::byte> data);

}  // namespace cachebench

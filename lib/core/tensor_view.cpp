// SPDX-License-Identifier: Apache-2.0
#include "core/tensor_view.h"

#include <algorithm>

#include "core/check.h"
#include "core/error.h"

namespace cachebench {

std::uint64_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kU8:
    case DType::kI8:
      return 1;
    case DType::kF16:
    case DType::kBF16:
      return 2;
    case DType::kF32:
      return 4;
    case DType::kI64:
      return 8;
  }
  CACHEBENCH_CHECK(false, "dtype {}", static_cast<int>(dtype));
}

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::kU8:
      return "u8";
    case DType::kI8:
      return "i8";
    case DType::kI64:
      return "i64";
    case DType::kF16:
      return "f16";
    case DType::kBF16:
      return "bf16";
    case DType::kF32:
      return "f32";
  }
  CACHEBENCH_CHECK(false, "dtype {}", static_cast<int>(dtype));
}

Shape::Shape(std::initializer_list<std::int64_t> dims) : rank_(dims.size()) {
  if (dims.size() > dims_.size()) throw Error(ErrorKind::kUsage, "a tensor has at most 6 dimensions");
  std::copy(dims.begin(), dims.end(), dims_.begin());
}

std::uint64_t Shape::elements() const {
  std::uint64_t product = 1;
  for (const std::int64_t dim : dims()) {
    if (dim < 0 || __builtin_mul_overflow(product, static_cast<std::uint64_t>(dim), &product) ||
        product > (1ULL << 60)) {
      throw Error(ErrorKind::kUsage, "a tensor's shape is negative or overflows");
    }
  }
  return product;
}

TensorView view_of(std::span<const std::byte> data) {
  return {.meta = {.shape = {static_cast<std::int64_t>(data.size())}, .dtype = DType::kU8}, .data = data};
}

}  // namespace cachebench

// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/matrix_product.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <memory>
#include <span>

#include "core/error.h"
#include "core/rng.h"
#include "torch_model/internal/weights.h"

namespace cachebench::torch_model {
namespace {

constexpr std::int64_t kMostSize = 16'384;

struct Matrices {
  at::Tensor a;
  at::Tensor b;
  at::Tensor product;
};

at::ScalarType type_of(DType dtype) {
  if (dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16) return scalar_type_of(dtype);
  throw Error(ErrorKind::kUsage, fmt::format("matrices of {} are not multiplied here", name_of(dtype)));
}

// Between -1 and 1.
at::Tensor random_matrix(std::int64_t size, std::uint64_t seed) {
  at::Tensor matrix = at::empty({size, size}, at::kFloat);
  const std::span<float> values(matrix.data_ptr<float>(), static_cast<std::size_t>(size * size));
  Rng rng(seed);
  for (float& value : values) value = static_cast<float>(2 * rng.uniform() - 1);
  return matrix;
}

}  // namespace

std::function<void()> matrix_product(const model::MatrixProduct& product) {
  const at::ScalarType type = type_of(product.dtype);
  if (product.size < 1 || product.size > kMostSize || product.threads < 1)
    throw Error(ErrorKind::kUsage,
                fmt::format("a matrix of {0} x {0} on {1} threads: sides of 1 to {2} and at least one thread "
                            "are possible",
                            product.size, product.threads, kMostSize));
  try {
    const c10::InferenceMode no_gradients;
    auto matrices = std::make_shared<Matrices>();
    matrices->a = random_matrix(product.size, 1).to(type);
    matrices->b = random_matrix(product.size, 2).to(type);
    matrices->product = at::empty({product.size, product.size}, type);
    static_cast<void>(at::mm(matrices->a, matrices->b));  // says at once what the library does not have
    return [matrices, threads = product.threads] {
      const c10::InferenceMode still_none;
      if (at::get_num_threads() != threads) at::set_num_threads(threads);
      at::mm_out(matrices->product, matrices->a, matrices->b);
    };
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::kUsage,
                fmt::format("matrices of {}: {}", name_of(product.dtype), error.what_without_backtrace()));
  }
}

}  // namespace cachebench::torch_model

// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/matrix_product.h"

#include <doctest/doctest.h>

#include "core/error.h"

using namespace cachebench;

TEST_CASE("float32 is multiplied, as often as asked") {
  const auto once = torch_model::matrix_product({.dtype = DType::kF32, .size = 64, .threads = 1});
  once();
  once();
  torch_model::matrix_product({.dtype = DType::kBF16, .size = 8, .threads = 2})();
}

TEST_CASE("other types and sizes are refused") {
  CHECK_THROWS_AS((void)torch_model::matrix_product({.dtype = DType::kI64}), Error);
  CHECK_THROWS_AS((void)torch_model::matrix_product({.size = 0}), Error);
  CHECK_THROWS_AS((void)torch_model::matrix_product({.threads = 0}), Error);
}

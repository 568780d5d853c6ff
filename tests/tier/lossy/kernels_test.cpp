// SPDX-License-Identifier: Apache-2.0
#include "tier/lossy/kernels.h"

#include <doctest/doctest.h>

using namespace cachebench::tier;

TEST_CASE("the plain kernels are always there, and the best are supported") {
  CHECK(is_supported(SimdLevel::kScalar));
  CHECK(is_supported(best_simd()));
  CHECK(&kernels_of(SimdLevel::kScalar) == &scalar_kernels());
  if (is_supported(SimdLevel::kAvx2)) CHECK(&kernels_of(SimdLevel::kAvx2) == &avx2_kernels());
}

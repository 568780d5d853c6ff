// SPDX-License-Identifier: Apache-2.0
#include "tier/lossy/kernels.h"

#include <cpuid.h>

#include "core/check.h"

namespace cachebench::tier {
namespace {

// Clang 14's __builtin_cpu_supports does not know it. The operating system's part is AVX's, asked for beside
// it.
bool ask_for_f16c() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}

// A virtual machine stops for each such question, which takes longer than encoding a row.
bool has_f16c() {
  static const bool kHas = ask_for_f16c();
  return kHas;
}

}  // namespace

bool is_supported(SimdLevel level) {
  if (level == SimdLevel::kScalar) return true;
  return __builtin_cpu_supports("avx2") != 0 && has_f16c();
}

SimdLevel best_simd() {
  return is_supported(SimdLevel::kAvx2) ? SimdLevel::kAvx2 : SimdLevel::kScalar;
}

const LossyKernels& kernels_of(SimdLevel level) {
  CACHEBENCH_CHECK(is_supported(level), "level {}", static_cast<int>(level));
  return level == SimdLevel::kAvx2 ? avx2_kernels() : scalar_kernels();
}

}  // namespace cachebench::tier

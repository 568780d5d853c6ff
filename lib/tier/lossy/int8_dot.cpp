// SPDX-License-Identifier: Apache-2.0
#include "tier/lossy/int8_dot.h"

#include <immintrin.h>

#include "core/check.h"

namespace cachebench::tier {
namespace {

constexpr std::size_t kLongest = 131'071;  // of products up to 128 * 128

__attribute__((target("avx2"))) __m256i widened(const std::int8_t* codes) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes)));
}

// Products of two neighbours fit into 32 bits, -128 included; two sums keep the additions apart.
__attribute__((target("avx2"))) std::int32_t dot_avx2(const std::int8_t* a, const std::int8_t* b,
                                                      std::size_t count) {
  __m256i even = _mm256_setzero_si256();
  __m256i odd = _mm256_setzero_si256();
  for (std::size_t i = 0; i < count; i += 32) {
    even = _mm256_add_epi32(even, _mm256_madd_epi16(widened(a + i), widened(b + i)));
    odd = _mm256_add_epi32(odd, _mm256_madd_epi16(widened(a + i + 16), widened(b + i + 16)));
  }
  const __m256i both = _mm256_add_epi32(even, odd);
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}

}  // namespace

std::int32_t int8_dot(std::span<const std::int8_t> a, std::span<const std::int8_t> b, SimdLevel level) {
  CACHEBENCH_CHECK(a.size() == b.size() && a.size() <= kLongest, "rows of {} and {} codes", a.size(),
                   b.size());
  const std::size_t whole = level == SimdLevel::kAvx2 ? a.size() / 32 * 32 : 0;
  std::int32_t sum = whole > 0 ? dot_avx2(a.data(), b.data(), whole) : 0;
  for (std::size_t i = whole; i < a.size(); ++i) sum += std::int32_t{a[i]} * std::int32_t{b[i]};
  return sum;
}

}  // namespace cachebench::tier

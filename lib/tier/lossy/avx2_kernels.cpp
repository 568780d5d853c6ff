// SPDX-License-Identifier: Apache-2.0
//
// Each loop takes whole vectors and leaves the rest to the scalar kernel, which gives the same bits.
// Functions carry their instruction sets one by one, so that nothing else of the program uses them.
#include <immintrin.h>

#include <algorithm>
#include <bit>

#include "core/float_formats.h"
#include "tier/lossy/kernels.h"

namespace cachebench::tier {
namespace {

__attribute__((target("avx2,f16c"))) __m256 load_floats(const std::byte* from, std::size_t index) {
  return _mm256_loadu_ps(reinterpret_cast<const float*>(from + 4 * index));
}
__attribute__((target("avx2,f16c"))) void store_floats(std::byte* to, std::size_t index, __m256 values) {
  _mm256_storeu_ps(reinterpret_cast<float*>(to + 4 * index), values);
}
__attribute__((target("avx2,f16c"))) __m256i load_words(const std::byte* from, std::size_t index) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 4 * index));
}
__attribute__((target("avx2,f16c"))) __m256i magnitudes(__m256i words) {
  return _mm256_and_si256(words, _mm256_set1_epi32(0x7FFFFFFF));
}

// Four vectors of 32-bit integers within 8 bits, signed, as one of 32 bytes in order.
__attribute__((target("avx2,f16c"))) __m256i packed_bytes(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
// The low 16 bits of two vectors of 32-bit integers below 2^16, in order.
__attribute__((target("avx2,f16c"))) __m256i packed_words(__m256i a, __m256i b) {
  return _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0b11'01'10'00);
}

__attribute__((target("avx2,f16c"))) __m256i bfloat16_of(__m256i words) {
  const __m256i upper = _mm256_srli_epi32(words, 16);
  const __m256i odd = _mm256_and_si256(upper, _mm256_set1_epi32(1));
  const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(words, _mm256_set1_epi32(0x7FFF)), odd);
  const __m256i quiet = _mm256_or_si256(upper, _mm256_set1_epi32(0x40));
  const __m256i is_nan = _mm256_cmpgt_epi32(magnitudes(words), _mm256_set1_epi32(0x7F800000));
  return _mm256_blendv_epi8(_mm256_srli_epi32(sum, 16), quiet, is_nan);
}

template <LossyElement kElement>
constexpr std::size_t kWidth = kElement == LossyElement::kF32 ? 4 : 2;

// Eight elements as floats.
template <LossyElement kElement>
__attribute__((target("avx2,f16c"))) __m256 load_elements(const std::byte* from, std::size_t index) {
  if constexpr (kElement == LossyElement::kF32) {
    return load_floats(from, index);
  } else {
    const __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 2 * index));
    if constexpr (kElement == LossyElement::kF16) return _mm256_cvtph_ps(words);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(words), 16));
  }
}

template <LossyElement kElement>
__attribute__((target("avx2,f16c"))) void store_elements(std::byte* to, std::size_t index, __m256 values) {
  if constexpr (kElement == LossyElement::kF32) {
    store_floats(to, index, values);
  } else {
    __m128i words;
    if constexpr (kElement == LossyElement::kF16) {
      words = _mm256_cvtps_ph(values, _MM_FROUND_TO_NEAREST_INT);
    } else {
      const __m256i wide = bfloat16_of(_mm256_castps_si256(values));
      words = _mm_packus_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 2 * index), words);
  }
}

__attribute__((target("avx2,f16c"))) std::uint32_t max_magnitude_32(const std::byte* floats,
                                                                    std::size_t count) {
  __m256i first = _mm256_setzero_si256();
  __m256i second = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    first = _mm256_max_epi32(first, magnitudes(load_words(floats, i)));
    second = _mm256_max_epi32(second, magnitudes(load_words(floats, i + 8)));
  }
  for (; i + 8 <= count; i += 8) first = _mm256_max_epi32(first, magnitudes(load_words(floats, i)));
  alignas(32) std::uint32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), _mm256_max_epi32(first, second));
  const std::uint32_t rest = scalar_kernels().at(LossyElement::kF32).max_magnitude(floats + 4 * i, count - i);
  return std::max(rest, *std::max_element(lanes, lanes + 8));
}

// Both 16-bit types order by magnitude as integers do.
template <LossyElement kElement>
__attribute__((target("avx2,f16c"))) std::uint32_t max_magnitude_16(const std::byte* elements,
                                                                    std::size_t count) {
  const __m256i no_sign = _mm256_set1_epi16(0x7FFF);
  const auto words = [&](std::size_t at) __attribute__((target("avx2,f16c"))) {
    return _mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(elements + 2 * at)), no_sign);
  };
  __m256i first = _mm256_setzero_si256();
  __m256i second = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    first = _mm256_max_epi16(first, _mm256_max_epi16(words(i), words(i + 16)));
    second = _mm256_max_epi16(second, _mm256_max_epi16(words(i + 32), words(i + 48)));
  }
  for (; i + 16 <= count; i += 16) first = _mm256_max_epi16(first, words(i));  // short rows
  const __m256i largest = _mm256_max_epi16(first, second);
  alignas(32) std::uint16_t lanes[16];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), largest);
  const std::uint16_t word = *std::max_element(lanes, lanes + 16);
  const float value = kElement == LossyElement::kF16 ? float_from_half(word) : float_from_bfloat16(word);
  const std::uint32_t rest = scalar_kernels().at(kElement).max_magnitude(elements + 2 * i, count - i);
  return std::max(rest, std::bit_cast<std::uint32_t>(value));
}

// As e4m3_from_float for what lies within the range; the codes in the low byte of each lane.
__attribute__((target("avx2,f16c"))) __m256i e4m3_of(__m256 values) {
  const __m256i words = _mm256_castps_si256(values);
  const __m256i magnitude = magnitudes(words);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(magnitude, 20), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(magnitude, _mm256_set1_epi32(0x7FFFF)), odd);
  const __m256i normal = _mm256_sub_epi32(_mm256_srli_epi32(rounded, 20), _mm256_set1_epi32(120 << 3));
  const __m256 shift = _mm256_set1_ps(16384.0F);
  const __m256 sum = _mm256_add_ps(_mm256_castsi256_ps(magnitude), shift);
  const __m256i subnormal = _mm256_sub_epi32(_mm256_castps_si256(sum), _mm256_castps_si256(shift));
  const __m256i is_subnormal = _mm256_cmpgt_epi32(_mm256_set1_epi32(0x3C800000), magnitude);
  const __m256i sign = _mm256_and_si256(_mm256_srli_epi32(words, 24), _mm256_set1_epi32(0x80));
  return _mm256_or_si256(sign, _mm256_blendv_epi8(normal, subnormal, is_subnormal));
}

// The values of eight codes: as halves, whose exponents are 8 too small, and their NaN for that of the
// format.
__attribute__((target("avx2,f16c"))) __m256 floats_of_e4m3(const std::byte* codes) {
  const __m128i code = _mm_cvtepu8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes)));
  const __m128i magnitude = _mm_and_si128(code, _mm_set1_epi16(0x7F));
  const __m128i sign = _mm_slli_epi16(_mm_srli_epi16(code, 7), 15);
  const __m128i is_nan = _mm_cmpeq_epi16(magnitude, _mm_set1_epi16(0x7F));
  const __m128i half = _mm_blendv_epi8(_mm_slli_epi16(magnitude, 7), _mm_set1_epi16(0x7E00), is_nan);
  return _mm256_mul_ps(_mm256_cvtph_ps(_mm_or_si128(half, sign)), _mm256_set1_ps(256.0F));
}

// Of floats that are no NaNs, in 32-bit lanes.
__attribute__((target("avx2,f16c"))) __m256i bfloat16_of_numbers(__m256 values) {
  const __m256i words = _mm256_castps_si256(values);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(words, 16), _mm256_set1_epi32(1));
  return _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(words, _mm256_set1_epi32(0x7FFF)), odd), 16);
}

bool is_finite(float value) {
  return (std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU) < 0x7F800000U;
}

template <LossyElement kElement>
struct Loops {
  __attribute__((target("avx2,f16c"))) static void to_int8(const std::byte* elements, std::size_t count,
                                                           float inverse, std::byte* codes) {
    const __m256 factor = _mm256_set1_ps(inverse);
    const auto code = [&](std::size_t at) __attribute__((target("avx2,f16c"))) {
      return _mm256_cvtps_epi32(_mm256_mul_ps(load_elements<kElement>(elements, at), factor));
    };
    std::size_t i = 0;
    for (; i + 32 <= count; i += 32) {
      const __m256i bytes = packed_bytes(code(i), code(i + 8), code(i + 16), code(i + 24));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes + i), bytes);
    }
    scalar_kernels().at(kElement).to_int8(elements + kWidth<kElement> * i, count - i, inverse, codes + i);
  }

  __attribute__((target("avx2,f16c"))) static void from_int8(const std::byte* codes, std::size_t count,
                                                             float scale, std::byte* elements) {
    const __m256 factor = _mm256_set1_ps(scale);
    const auto value = [&](std::size_t at) __attribute__((target("avx2,f16c"))) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes + at));
      return _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)), factor);
    };
    std::size_t i = 0;
    if constexpr (kElement == LossyElement::kBF16) {
      for (; is_finite(scale) && i + 16 <= count; i += 16) {
        const __m256i packed = packed_words(bfloat16_of_numbers(value(i)), bfloat16_of_numbers(value(i + 8)));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(elements + 2 * i), packed);
      }
    }
    for (; i + 8 <= count; i += 8) store_elements<kElement>(elements, i, value(i));
    scalar_kernels().at(kElement).from_int8(codes + i, count - i, scale, elements + kWidth<kElement> * i);
  }

  __attribute__((target("avx2,f16c"))) static void to_e4m3(const std::byte* elements, std::size_t count,
                                                           float inverse, std::byte* codes) {
    const __m256 factor = _mm256_set1_ps(inverse);
    // Codes as signed bytes, so that packing with saturation keeps them.
    const auto code = [&](std::size_t at) __attribute__((target("avx2,f16c"))) {
      const __m256i bits = e4m3_of(_mm256_mul_ps(load_elements<kElement>(elements, at), factor));
      return _mm256_srai_epi32(_mm256_slli_epi32(bits, 24), 24);
    };
    std::size_t i = 0;
    for (; i + 32 <= count; i += 32) {
      const __m256i bytes = packed_bytes(code(i), code(i + 8), code(i + 16), code(i + 24));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes + i), bytes);
    }
    scalar_kernels().at(kElement).to_e4m3(elements + kWidth<kElement> * i, count - i, inverse, codes + i);
  }

  __attribute__((target("avx2,f16c"))) static void from_e4m3(const std::byte* codes, std::size_t count,
                                                             float scale, std::byte* elements) {
    const __m256 factor = _mm256_set1_ps(scale);
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
      store_elements<kElement>(elements, i, _mm256_mul_ps(floats_of_e4m3(codes + i), factor));
    }
    scalar_kernels().at(kElement).from_e4m3(codes + i, count - i, scale, elements + kWidth<kElement> * i);
  }

  static constexpr ElementKernels with(std::uint32_t (*max_magnitude)(const std::byte*, std::size_t)) {
    return {.max_magnitude = max_magnitude,
            .to_int8 = to_int8,
            .from_int8 = from_int8,
            .to_e4m3 = to_e4m3,
            .from_e4m3 = from_e4m3};
  }
};

__attribute__((target("avx2,f16c"))) bool any_finite_from(const std::byte* floats, std::size_t count,
                                                          std::uint32_t low) {
  const __m256i below = _mm256_set1_epi32(static_cast<int>(low) - 1);
  const __m256i infinity = _mm256_set1_epi32(0x7F800000);
  __m256i any = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256i words = magnitudes(load_words(floats, i));
    const __m256i within =
        _mm256_and_si256(_mm256_cmpgt_epi32(words, below), _mm256_cmpgt_epi32(infinity, words));
    any = _mm256_or_si256(any, within);
  }
  return _mm256_testz_si256(any, any) == 0 ||
         scalar_kernels().any_finite_from(floats + 4 * i, count - i, low);
}

__attribute__((target("avx2,f16c"))) void to_half(const std::byte* floats, std::size_t count,
                                                  std::byte* out) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i halves = _mm256_cvtps_ph(load_floats(floats, i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 2 * i), halves);
  }
  scalar_kernels().to_half(floats + 4 * i, count - i, out + 2 * i);
}

__attribute__((target("avx2,f16c"))) void from_half(const std::byte* halves, std::size_t count,
                                                    std::byte* floats) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + 2 * i));
    store_floats(floats, i, _mm256_cvtph_ps(values));
  }
  scalar_kernels().from_half(halves + 2 * i, count - i, floats + 4 * i);
}

__attribute__((target("avx2,f16c"))) void to_bfloat16(const std::byte* floats, std::size_t count,
                                                      std::byte* out) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256i a = bfloat16_of(load_words(floats, i));
    const __m256i b = bfloat16_of(load_words(floats, i + 8));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 2 * i), packed_words(a, b));
  }
  scalar_kernels().to_bfloat16(floats + 4 * i, count - i, out + 2 * i);
}

__attribute__((target("avx2,f16c"))) void from_bfloat16(const std::byte* values, std::size_t count,
                                                        std::byte* floats) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(values + 2 * i));
    const __m256i wide = _mm256_slli_epi32(_mm256_cvtepu16_epi32(words), 16);
    store_floats(floats, i, _mm256_castsi256_ps(wide));
  }
  scalar_kernels().from_bfloat16(values + 2 * i, count - i, floats + 4 * i);
}

constexpr LossyKernels kKernels{
    .of = {Loops<LossyElement::kF32>::with(max_magnitude_32),
           Loops<LossyElement::kF16>::with(max_magnitude_16<LossyElement::kF16>),
           Loops<LossyElement::kBF16>::with(max_magnitude_16<LossyElement::kBF16>)},
    .any_finite_from = any_finite_from,
    .to_half = to_half,
    .from_half = from_half,
    .to_bfloat16 = to_bfloat16,
    .from_bfloat16 = from_bfloat16};

}  // namespace

const LossyKernels& avx2_kernels() {
  return kKernels;
}

}  // namespace cachebench::tier

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// The inner loops of the lossy formats, once plain and once with AVX2 and F16C; both give the same bits. All
/// work on `count` elements, which are passed as bytes because they need not be aligned. Pure functions;
/// nothing is checked here.
namespace cachebench::tier {

/// Element types of tensors that have lossy forms; also the index of LossyKernels::of.
enum class LossyElement : std::uint8_t { kF32, kF16, kBF16 };
inline constexpr std::size_t kLossyElements = 3;

/// What depends on the tensor's element type. Arithmetic is in float32.
struct ElementKernels {
  /// The largest magnitude as the bits of a float: above 0x7F800000 where there is a NaN.
  std::uint32_t (*max_magnitude)(const std::byte* elements, std::size_t count);
  /// value · inverse, rounded to nearest even. REQUIRES: within ±127.
  void (*to_int8)(const std::byte* elements, std::size_t count, float inverse, std::byte* codes);
  void (*from_int8)(const std::byte* codes, std::size_t count, float scale, std::byte* elements);
  /// value · inverse as E4M3. REQUIRES: within ±448.
  void (*to_e4m3)(const std::byte* elements, std::size_t count, float inverse, std::byte* codes);
  void (*from_e4m3)(const std::byte* codes, std::size_t count, float scale, std::byte* elements);
};

struct LossyKernels {
  std::array<ElementKernels, kLossyElements> of;
  /// Whether a float's bit pattern without sign lies from `low` up to, not including, infinity.
  bool (*any_finite_from)(const std::byte* floats, std::size_t count, std::uint32_t low);
  void (*to_half)(const std::byte* floats, std::size_t count, std::byte* halves);
  void (*from_half)(const std::byte* halves, std::size_t count, std::byte* floats);
  void (*to_bfloat16)(const std::byte* floats, std::size_t count, std::byte* values);
  void (*from_bfloat16)(const std::byte* values, std::size_t count, std::byte* floats);

  [[nodiscard]] const ElementKernels& at(LossyElement element) const {
    return of[static_cast<std::size_t>(element)];
  }
};

enum class SimdLevel : std::uint8_t { kScalar, kAvx2 };
[[nodiscard]] bool is_supported(SimdLevel level);
[[nodiscard]] SimdLevel best_simd();

/// REQUIRES: is_supported(level).
[[nodiscard]] const LossyKernels& kernels_of(SimdLevel level);

/// The two tables behind kernels_of.
[[nodiscard]] const LossyKernels& scalar_kernels();
[[nodiscard]] const LossyKernels& avx2_kernels();

}  // namespace cachebench::tier

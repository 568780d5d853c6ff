// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/hamming_scan.h"

#include <immintrin.h>

#include "core/check.h"
#include "core/hamming.h"

namespace cachebench::cache {
namespace {

struct Range {
  const std::uint64_t* codes;
  std::size_t begin;
  std::size_t end;
};
using Positions = std::vector<std::uint32_t>;

void append(Positions& positions, std::size_t position) {
  positions.push_back(static_cast<std::uint32_t>(position));
}

void scan_portable(Range range, std::uint64_t query, int max_distance, Positions& positions) {
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (hamming_distance(range.codes[i], query) <= max_distance) append(positions, i);
  }
}

__attribute__((target("popcnt"))) void scan_popcnt(Range range, std::uint64_t query, int max_distance,
                                                   Positions& positions) {
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (__builtin_popcountll(range.codes[i] ^ query) <= max_distance) append(positions, i);
  }
}

// Bits per byte by two look-ups of nibbles (Muła), summed per 64-bit lane.
__attribute__((target("avx2"))) __m256i bits_of(__m256i words) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2,
                                         3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  const __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(words, nibble));
  const __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(words, 4), nibble));
  return _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256());
}

__attribute__((target("avx2,popcnt"))) void scan_avx2(Range range, std::uint64_t query, int max_distance,
                                                      Positions& positions) {
  const __m256i wanted = _mm256_set1_epi64x(static_cast<long long>(query));  // NOLINT: the intrinsic's type
  const __m256i limit = _mm256_set1_epi64x(max_distance + 1);
  const auto near = [&](std::size_t i) __attribute__((target("avx2,popcnt"))) {
    const auto* at = reinterpret_cast<const __m256i*>(range.codes + i);
    const __m256i bits = bits_of(_mm256_xor_si256(_mm256_loadu_si256(at), wanted));
    return _mm256_cmpgt_epi64(limit, bits);
  };
  std::size_t i = range.begin;
  for (; i + 8 <= range.end; i += 8) {
    const __m256i first = near(i);
    const __m256i second = near(i + 4);
    if (_mm256_testz_si256(_mm256_or_si256(first, second), _mm256_or_si256(first, second)) != 0) continue;
    scan_popcnt({range.codes, i, i + 8}, query, max_distance, positions);
  }
  scan_popcnt({range.codes, i, range.end}, query, max_distance, positions);
}

}  // namespace

bool is_supported(ScanKernel kernel) {
  switch (kernel) {
    case ScanKernel::kPortable:
      return true;
    case ScanKernel::kPopcnt:
      return __builtin_cpu_supports("popcnt") != 0;
    case ScanKernel::kAvx2:
      return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("popcnt") != 0;
  }
  return false;
}

ScanKernel best_scan_kernel() {
  if (is_supported(ScanKernel::kAvx2)) return ScanKernel::kAvx2;
  return is_supported(ScanKernel::kPopcnt) ? ScanKernel::kPopcnt : ScanKernel::kPortable;
}

void scan_within(std::span<const std::uint64_t> codes, std::uint64_t query, int max_distance,
                 std::vector<std::uint32_t>& positions, ScanKernel kernel) {
  CACHEBENCH_CHECK(codes.size() <= UINT32_MAX, "{} codes", codes.size());
  const Range all{codes.data(), 0, codes.size()};
  switch (kernel) {
    case ScanKernel::kPortable:
      return scan_portable(all, query, max_distance, positions);
    case ScanKernel::kPopcnt:
      return scan_popcnt(all, query, max_distance, positions);
    case ScanKernel::kAvx2:
      return scan_avx2(all, query, max_distance, positions);
  }
}

}  // namespace cachebench::cache

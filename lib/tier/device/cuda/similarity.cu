// SPDX-License-Identifier: Apache-2.0
//
// Scores of int8 rows against a query, without decoding them: a warp a row, dp4a on words of four codes, the
// lanes' sums brought together by shuffles. No shared memory; nothing above compute capability 6.1.
#include "tier/device/cuda/similarity_kernels.h"

using namespace cachebench::tier::cuda;

namespace {

struct DeviceDot4 {
  __device__ std::int32_t operator()(std::uint32_t a, std::uint32_t b, std::int32_t sum) const {
    return __dp4a(static_cast<int>(a), static_cast<int>(b), sum);
  }
};

__device__ std::uint64_t row_of_warp() {
  return std::uint64_t{blockIdx.x} * kRowsPerBlock + threadIdx.x / kWarp;
}
__device__ Lane lane_of_warp() {
  return {threadIdx.x % kWarp, kWarp};
}

// The first lane holds the sum of all.
__device__ std::int32_t sum_of_warp(std::int32_t sum) {
  for (unsigned half = kWarp / 2; half > 0; half /= 2) sum += __shfl_down_sync(0xFFFFFFFFU, sum, half);
  return sum;
}

}  // namespace

extern "C" {

// Rows and query begin at multiples of four, and so do all rows: `columns` is one.
__global__ void int8_scores_words(const std::uint32_t* codes, const float* scales, std::uint64_t rows,
                                  std::uint64_t columns, const std::uint32_t* query, float query_scale,
                                  float* scores) {
  const std::uint64_t row = row_of_warp();
  if (row >= rows) return;  // whole warps
  const std::uint64_t words = columns / sizeof(std::uint32_t);
  const std::int32_t sum =
      sum_of_warp(dot_words(codes + row * words, query, words, lane_of_warp(), DeviceDot4{}));
  if (threadIdx.x % kWarp == 0) scores[row] = score_of(sum, scales[row], query_scale);
}

__global__ void int8_scores_bytes(const std::int8_t* codes, const float* scales, std::uint64_t rows,
                                  std::uint64_t columns, const std::int8_t* query, float query_scale,
                                  float* scores) {
  const std::uint64_t row = row_of_warp();
  if (row >= rows) return;
  const std::int32_t sum = sum_of_warp(dot_bytes(codes + row * columns, query, columns, lane_of_warp()));
  if (threadIdx.x % kWarp == 0) scores[row] = score_of(sum, scales[row], query_scale);
}

}  // extern "C"

// SPDX-License-Identifier: Apache-2.0
//
// The lossy formats as kernels. Scaled formats take one block a row, which finds the row's largest magnitude
// and then writes its codes; narrow ones spread over the grid. `refused` collects why a tensor has to stay as
// it is, and is read after the kernel. Compiled without fused multiply-add: codes are those of the host.
#include "tier/device/cuda/quantise_kernels.h"

using namespace cachebench::tier::cuda;

namespace {

constexpr unsigned kThreads = 256;

template <typename Element, typename Codes>
__device__ void encode_block(const typename Element::Stored* in, std::uint64_t columns, float* scales,
                             typename Codes::Code* codes, unsigned* refused) {
  __shared__ unsigned largest[kThreads];
  const Lane lane{threadIdx.x, blockDim.x};
  const std::uint64_t first = std::uint64_t{blockIdx.x} * columns;
  largest[lane.lane] = max_magnitude<Element>(in + first, columns, lane);
  __syncthreads();
  for (unsigned half = lane.count / 2; half > 0; half /= 2) {
    if (lane.lane < half && largest[lane.lane + half] > largest[lane.lane])
      largest[lane.lane] = largest[lane.lane + half];
    __syncthreads();
  }
  const unsigned reason = refusal_of<Element>(largest[0]);
  if (reason != 0) {
    if (lane.lane == 0) atomicOr(refused, reason);
    return;
  }
  const RowScale scale = Codes::scale_of(__uint_as_float(largest[0]));
  if (lane.lane == 0) scales[blockIdx.x] = scale.scale;
  encode_row<Element, Codes>(in + first, columns, scale.inverse, codes + first, lane);
}

template <typename Element, typename Codes>
__device__ void decode_block(const float* scales, const typename Codes::Code* codes, std::uint64_t columns,
                             typename Element::Stored* out) {
  const std::uint64_t first = std::uint64_t{blockIdx.x} * columns;
  decode_row<Element, Codes>(codes + first, columns, scales[blockIdx.x], out + first,
                             {threadIdx.x, blockDim.x});
}

__device__ Lane lane_of_grid() {
  return {blockIdx.x * blockDim.x + threadIdx.x, gridDim.x * blockDim.x};
}

}  // namespace

// One block a row, a power of two of threads up to 256.
extern "C" {

__global__ void int8_encode_f32(const float* in, std::uint64_t columns, float* scales, std::int8_t* codes,
                                unsigned* refused) {
  encode_block<Float32, Int8Codes>(in, columns, scales, codes, refused);
}
__global__ void int8_encode_f16(const std::uint16_t* in, std::uint64_t columns, float* scales,
                                std::int8_t* codes, unsigned* refused) {
  encode_block<Float16, Int8Codes>(in, columns, scales, codes, refused);
}
__global__ void int8_encode_bf16(const std::uint16_t* in, std::uint64_t columns, float* scales,
                                 std::int8_t* codes, unsigned* refused) {
  encode_block<Bfloat16, Int8Codes>(in, columns, scales, codes, refused);
}
__global__ void e4m3_encode_f32(const float* in, std::uint64_t columns, float* scales, std::uint8_t* codes,
                                unsigned* refused) {
  encode_block<Float32, E4M3Codes>(in, columns, scales, codes, refused);
}
__global__ void e4m3_encode_f16(const std::uint16_t* in, std::uint64_t columns, float* scales,
                                std::uint8_t* codes, unsigned* refused) {
  encode_block<Float16, E4M3Codes>(in, columns, scales, codes, refused);
}
__global__ void e4m3_encode_bf16(const std::uint16_t* in, std::uint64_t columns, float* scales,
                                 std::uint8_t* codes, unsigned* refused) {
  encode_block<Bfloat16, E4M3Codes>(in, columns, scales, codes, refused);
}

__global__ void int8_decode_f32(const float* scales, const std::int8_t* codes, std::uint64_t columns,
                                float* out) {
  decode_block<Float32, Int8Codes>(scales, codes, columns, out);
}
__global__ void int8_decode_f16(const float* scales, const std::int8_t* codes, std::uint64_t columns,
                                std::uint16_t* out) {
  decode_block<Float16, Int8Codes>(scales, codes, columns, out);
}
__global__ void int8_decode_bf16(const float* scales, const std::int8_t* codes, std::uint64_t columns,
                                 std::uint16_t* out) {
  decode_block<Bfloat16, Int8Codes>(scales, codes, columns, out);
}
__global__ void e4m3_decode_f32(const float* scales, const std::uint8_t* codes, std::uint64_t columns,
                                float* out) {
  decode_block<Float32, E4M3Codes>(scales, codes, columns, out);
}
__global__ void e4m3_decode_f16(const float* scales, const std::uint8_t* codes, std::uint64_t columns,
                                std::uint16_t* out) {
  decode_block<Float16, E4M3Codes>(scales, codes, columns, out);
}
__global__ void e4m3_decode_bf16(const float* scales, const std::uint8_t* codes, std::uint64_t columns,
                                 std::uint16_t* out) {
  decode_block<Bfloat16, E4M3Codes>(scales, codes, columns, out);
}

// Any grid.
__global__ void f16_encode(const float* in, std::uint64_t count, std::uint16_t* out, unsigned* refused) {
  const unsigned reason = narrow<Float16>(in, count, kHalfOverflow, out, lane_of_grid());
  if (reason != 0) atomicOr(refused, reason);
}
__global__ void bf16_encode(const float* in, std::uint64_t count, std::uint16_t* out, unsigned* refused) {
  const unsigned reason = narrow<Bfloat16>(in, count, kBfloat16Overflow, out, lane_of_grid());
  if (reason != 0) atomicOr(refused, reason);
}
__global__ void f16_decode(const std::uint16_t* in, std::uint64_t count, float* out) {
  widen<Float16>(in, count, out, lane_of_grid());
}
__global__ void bf16_decode(const std::uint16_t* in, std::uint64_t count, float* out) {
  widen<Bfloat16>(in, count, out, lane_of_grid());
}

}  // extern "C"

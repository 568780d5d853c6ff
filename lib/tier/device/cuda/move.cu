// SPDX-License-Identifier: Apache-2.0
//
// Moving bytes: batches of ranges, and rows by index. One row of blocks (blockIdx.y) a range or a table row; the
// blocks and threads along x share its words. Addresses are those of unified addressing, so an end may lie in
// page-locked host memory. Nothing here needs more than compute capability 6.1, nor shared memory.
#include "tier/device/cuda/move_kernels.h"

using namespace cachebench::tier::cuda;

namespace {

__device__ Lane lane_of_row() {
  return {blockIdx.x * blockDim.x + threadIdx.x, gridDim.x * blockDim.x};
}

}  // namespace

extern "C" {

__global__ void move_ranges(const MoveRange* ranges) {
  const MoveRange range = ranges[blockIdx.y];
  const std::uint64_t words = words_of(range);
  const std::uint64_t after = words * sizeof(Word);
  move_units(reinterpret_cast<Word*>(range.target), reinterpret_cast<const Word*>(range.source), words,
             lane_of_row());
  move_units(reinterpret_cast<std::uint8_t*>(range.target) + after,
             reinterpret_cast<const std::uint8_t*>(range.source) + after, range.bytes - after, lane_of_row());
}

__global__ void gather_rows_words(const Word* table, RowTable shape, const std::uint32_t* indices, Word* out,
                                  unsigned* refused) {
  const std::uint32_t reason = gather_row(table, shape, indices, blockIdx.y, out, lane_of_row());
  if (reason != 0) atomicOr(refused, reason);
}
__global__ void gather_rows_bytes(const std::uint8_t* table, RowTable shape, const std::uint32_t* indices,
                                  std::uint8_t* out, unsigned* refused) {
  const std::uint32_t reason = gather_row(table, shape, indices, blockIdx.y, out, lane_of_row());
  if (reason != 0) atomicOr(refused, reason);
}
__global__ void scatter_rows_words(const Word* in, RowTable shape, const std::uint32_t* indices, Word* table,
                                   unsigned* refused) {
  const std::uint32_t reason = scatter_row(in, shape, indices, blockIdx.y, table, lane_of_row());
  if (reason != 0) atomicOr(refused, reason);
}
__global__ void scatter_rows_bytes(const std::uint8_t* in, RowTable shape, const std::uint32_t* indices,
                                   std::uint8_t* table, unsigned* refused) {
  const std::uint32_t reason = scatter_row(in, shape, indices, blockIdx.y, table, lane_of_row());
  if (reason != 0) atomicOr(refused, reason);
}

}  // extern "C"

// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/tensor_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)
namespace {

constexpr unsigned kThreads = 256;
constexpr std::uint32_t kMostRows = 65'535;  // of a grid along y

const char* name_of(Element element) {
  switch (element) {
    case Element::kF32:
      return "f32";
    case Element::kF16:
      return "f16";
    case Element::kBF16:
      return "bf16";
  }
  return "";
}

std::string kernel_of(const CodedRows& tensor, const char* what) {
  return fmt::format("{}_{}_{}", tensor.form == RowCodes::kInt8 ? "int8" : "e4m3", what,
                     name_of(tensor.element));
}

// One block a row.
LaunchShape shape_of(const CodedRows& tensor) {
  return {.columns = tensor.rows, .rows = 1, .threads = kThreads};
}

struct Ends {
  CUdeviceptr from;
  CUdeviceptr to;
};

// A launch takes as many rows as a grid has; the indices and the packed rows of the next one follow.
CUresult move_rows(const Kernels& kernels, const char* what, const IndexedRows& rows, CUdeviceptr refused,
                   CUstream stream) {
  const bool words = ((rows.table | rows.packed | rows.row_bytes) & (sizeof(Word) - 1)) == 0;
  const std::string kernel = fmt::format("{}_rows_{}", what, words ? "words" : "bytes");
  RowTable shape{.rows = rows.table_rows, .units = words ? rows.row_bytes / sizeof(Word) : rows.row_bytes};
  const bool gathers = kernel.starts_with("gather");
  for (std::uint32_t first = 0; first < rows.count; first += kMostRows) {
    const CUdeviceptr packed = rows.packed + first * rows.row_bytes;
    CUdeviceptr indices = rows.indices + std::uint64_t{first} * sizeof(std::uint32_t);
    Ends ends = gathers ? Ends{rows.table, packed} : Ends{packed, rows.table};
    std::array<void*, 5> arguments{&ends.from, &shape, &indices, &ends.to, &refused};
    const auto columns =
        static_cast<unsigned>(std::clamp<std::uint64_t>(shape.units / (4 * kThreads), 1, 64));
    const LaunchShape grid{
        .columns = columns, .rows = std::min(kMostRows, rows.count - first), .threads = kThreads};
    if (const CUresult result = kernels.launch(kernel, grid, stream, arguments); result != CUDA_SUCCESS)
      return result;
  }
  return CUDA_SUCCESS;
}

}  // namespace

bool has_tensor_kernels(const Kernels& kernels) {
  return kernels.has("int8_encode_f32") && kernels.has("gather_rows_words");
}

CUresult encode(const Kernels& kernels, const CodedRows& tensor, CUdeviceptr refused, CUstream stream) {
  if (tensor.rows == 0) return CUDA_SUCCESS;
  CodedRows values = tensor;
  std::array<void*, 5> arguments{&values.plain, &values.columns, &values.scales, &values.codes, &refused};
  return kernels.launch(kernel_of(tensor, "encode"), shape_of(tensor), stream, arguments);
}

CUresult decode(const Kernels& kernels, const CodedRows& tensor, CUstream stream) {
  if (tensor.rows == 0) return CUDA_SUCCESS;
  CodedRows values = tensor;
  std::array<void*, 4> arguments{&values.scales, &values.codes, &values.columns, &values.plain};
  return kernels.launch(kernel_of(tensor, "decode"), shape_of(tensor), stream, arguments);
}

CUresult gather(const Kernels& kernels, const IndexedRows& rows, CUdeviceptr refused, CUstream stream) {
  return move_rows(kernels, "gather", rows, refused, stream);
}

CUresult scatter(const Kernels& kernels, const IndexedRows& rows, CUdeviceptr refused, CUstream stream) {
  return move_rows(kernels, "scatter", rows, refused, stream);
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

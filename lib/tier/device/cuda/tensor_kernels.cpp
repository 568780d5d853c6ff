// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/tensor_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>

#include "tier/device/cuda/similarity_kernels.h"

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

constexpr std::uint64_t kMostBlocks = std::numeric_limits<std::int32_t>::max();  // of a grid along x

std::optional<Element> element_of(DType dtype) {
  if (dtype == DType::kF32) return Element::kF32;
  if (dtype == DType::kF16) return Element::kF16;
  if (dtype == DType::kBF16) return Element::kBF16;
  return std::nullopt;
}

const char* widening_kernel(Encoding encoding) {
  return encoding == Encoding::kF16 ? "f16_decode" : "bf16_decode";
}

bool is_narrow(Encoding encoding) {
  return encoding == Encoding::kF16 || encoding == Encoding::kBF16;
}

// Enough blocks to fill a card; what is left over, each thread takes in turns.
CUresult widen(const Kernels& kernels, const FormToDevice& form, CUstream stream) {
  constexpr std::uint64_t kBlocks = 1024;
  auto from = static_cast<CUdeviceptr>(form.room);
  auto to = static_cast<CUdeviceptr>(form.plain);
  std::uint64_t count = form.meta.shape.elements();
  std::array<void*, 3> arguments{&from, &count, &to};
  const std::uint64_t columns = std::clamp<std::uint64_t>(count / kThreads, 1, kBlocks);
  return kernels.launch(widening_kernel(form.encoding),
                        {.columns = static_cast<unsigned>(columns), .threads = kThreads}, stream, arguments);
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

bool can_decode_form(const Kernels& kernels, Encoding encoding, DType dtype) {
  if (!has_form(encoding, dtype)) return false;
  return kernels.has(is_narrow(encoding) ? widening_kernel(encoding) : "int8_decode_f32");
}

CUresult decode_form(const Kernels& kernels, const FormToDevice& form, CUstream stream) {
  const std::uint64_t elements = form.meta.shape.elements();
  if (elements == 0) return CUDA_SUCCESS;
  if (is_narrow(form.encoding)) return widen(kernels, form, stream);
  const auto dims = form.meta.shape.dims();
  const std::uint64_t columns = dims.empty() ? 1 : static_cast<std::uint64_t>(dims.back());
  const std::uint64_t rows = elements / columns;
  if (rows > kMostBlocks) return CUDA_ERROR_INVALID_VALUE;
  const auto scales = static_cast<CUdeviceptr>(form.room);
  return decode(kernels,
                {.element = element_of(form.meta.dtype).value(),
                 .form = form.encoding == Encoding::kInt8 ? RowCodes::kInt8 : RowCodes::kE4M3,
                 .rows = static_cast<std::uint32_t>(rows),
                 .columns = columns,
                 .plain = static_cast<CUdeviceptr>(form.plain),
                 .scales = scales,
                 .codes = scales + rows * sizeof(float)},
                stream);
}

// Grids have fewer blocks along x than there may be rows: what is left goes with the next launch.
CUresult score(const Kernels& kernels, const ScoredRows& rows, CUstream stream) {
  constexpr std::uint64_t kRowsOfLaunch = kMostBlocks * kRowsPerBlock;
  const bool words = ((rows.codes | rows.query | rows.columns) & (sizeof(std::uint32_t) - 1)) == 0;
  ScoredRows part = rows;
  for (std::uint64_t left = rows.rows; left > 0; left -= part.rows) {
    part.rows = std::min(left, kRowsOfLaunch);
    const std::uint64_t first = rows.rows - left;
    part.codes = rows.codes + first * rows.columns;
    part.scales = rows.scales + first * sizeof(float);
    part.scores = rows.scores + first * sizeof(float);
    std::array<void*, 7> arguments{&part.codes, &part.scales,      &part.rows,  &part.columns,
                                   &part.query, &part.query_scale, &part.scores};
    const std::uint64_t blocks = (part.rows + kRowsPerBlock - 1) / kRowsPerBlock;
    const CUresult result = kernels.launch(
        words ? "int8_scores_words" : "int8_scores_bytes",
        {.columns = static_cast<unsigned>(blocks), .threads = kWarp * kRowsPerBlock}, stream, arguments);
    if (result != CUDA_SUCCESS) return result;
  }
  return CUDA_SUCCESS;
}

CUresult gather(const Kernels& kernels, const IndexedRows& rows, CUdeviceptr refused, CUstream stream) {
  return move_rows(kernels, "gather", rows, refused, stream);
}

CUresult scatter(const Kernels& kernels, const IndexedRows& rows, CUdeviceptr refused, CUstream stream) {
  return move_rows(kernels, "scatter", rows, refused, stream);
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tier/device/cuda/kernels.h"
#include "tier/device/device_api.h"

/// What the kernels do to tensors on the device, by name instead of by argument lists: encode and decode the
/// lossy forms of docs/compression.md, gather and scatter rows. Everything is queued in the caller's stream;
/// the context is current on the calling thread. Sizes and addresses are the caller's; `refused` is a 32-bit
/// word on the device that collects why something was not done (the bits of quantise_kernels.h), to be zeroed
/// before and read after. Results are the driver's own. REQUIRES: the kernels are there
/// (`has_tensor_kernels`).
namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)

enum class Element : std::uint8_t { kF32, kF16, kBF16 };
enum class RowCodes : std::uint8_t { kInt8, kE4M3 };

/// A tensor of rows with one code an element and one scale a row.
struct CodedRows {
  Element element = Element::kF32;
  RowCodes form = RowCodes::kInt8;
  std::uint32_t rows = 0;
  std::uint64_t columns = 0;
  CUdeviceptr plain = 0;   ///< rows × columns elements
  CUdeviceptr scales = 0;  ///< rows floats
  CUdeviceptr codes = 0;   ///< rows × columns bytes
};

/// Rows of a table by index: `packed` holds one for each of the `count` indices, in their order.
struct IndexedRows {
  CUdeviceptr table = 0;
  std::uint64_t table_rows = 0;
  std::uint64_t row_bytes = 0;
  CUdeviceptr indices = 0;  ///< 32-bit numbers
  std::uint32_t count = 0;
  CUdeviceptr packed = 0;
};

/// int8 rows and a query to compare them with: score i is the dot product of row i's codes and the query's,
/// times both scales. REQUIRES: at most kMostColumns columns.
struct ScoredRows {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  CUdeviceptr codes = 0;
  CUdeviceptr scales = 0;  ///< rows floats
  CUdeviceptr query = 0;   ///< columns codes
  float query_scale = 0;
  CUdeviceptr scores = 0;  ///< rows floats
};

[[nodiscard]] bool has_tensor_kernels(const Kernels& kernels);
[[nodiscard]] CUresult encode(const Kernels& kernels, const CodedRows& tensor, CUdeviceptr refused,
                              CUstream stream);
[[nodiscard]] CUresult decode(const Kernels& kernels, const CodedRows& tensor, CUstream stream);
[[nodiscard]] CUresult gather(const Kernels& kernels, const IndexedRows& rows, CUdeviceptr refused,
                              CUstream stream);
[[nodiscard]] bool can_decode_form(const Kernels& kernels, Encoding encoding, DType dtype);
/// The form lies in its room. REQUIRES: can_decode_form.
[[nodiscard]] CUresult decode_form(const Kernels& kernels, const FormToDevice& form, CUstream stream);
[[nodiscard]] CUresult score(const Kernels& kernels, const ScoredRows& rows, CUstream stream);
/// The indices differ from one another.
[[nodiscard]] CUresult scatter(const Kernels& kernels, const IndexedRows& rows, CUdeviceptr refused,
                               CUstream stream);

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

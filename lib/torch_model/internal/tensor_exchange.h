// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "core/shared_tensor.h"
#include "core/units.h"

/// Between this library's tensors and the project's, without a copy where possible: a tensor over a shared
/// tensor keeps it alive, and the other way round. Thread-safe. Neither side is written to afterwards.
namespace cachebench::torch_model {

/// Host memory that somebody else gives: see model::RunnerOptions::memory.
using HostMemory = std::function<std::shared_ptr<std::byte>(Bytes)>;

[[nodiscard]] TensorMeta meta_of(const at::Tensor& tensor);

/// A tensor over the bytes; a copy where they are not aligned to an element. Throws Error{kUsage} naming
/// `what` when the shape or type is not the expected one.
[[nodiscard]] at::Tensor tensor_over(const SharedTensor& shared, const TensorMeta& expected,
                                     std::string_view what);

/// A shared tensor over the bytes of one that lies dense in host memory. Copied where it does not.
[[nodiscard]] SharedTensor shared_over(const at::Tensor& tensor);

/// An uninitialised tensor in memory of `memory`, or of the library's own where that gives none.
[[nodiscard]] at::Tensor empty_in(const HostMemory& memory, const TensorMeta& meta);

/// A copy made in `memory`, shared.
[[nodiscard]] SharedTensor shared_copy(const at::Tensor& tensor, const HostMemory& memory);

}  // namespace cachebench::torch_model

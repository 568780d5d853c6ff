// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "model/model_check.h"

/// Square matrix products, to measure arithmetic with. The function returned owns its matrices; call it on
/// one thread at a time: it sets the library's number of threads for that thread.
namespace cachebench::torch_model {

/// Throws Error{kUsage} for a type or size that is not multiplied.
[[nodiscard]] std::function<void()> matrix_product(const model::MatrixProduct& product);

}  // namespace cachebench::torch_model

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/tensor_view.h"

/// How a checkpoint's forward pass compares with activations that a reference program wrote down, case by
/// case, tensor by tensor. Plain values.
namespace cachebench::model {

struct TensorCheck {
  std::string name;
  bool ok = false;
  double max_abs = 0;  ///< largest difference
  double max_rel = 0;  ///< the same over the largest magnitude of the reference tensor
  std::uint64_t elements = 0;
  std::string reason;  ///< why not ok, "" otherwise
};

struct CaseCheck {
  std::string file;  ///< name without folder
  std::vector<TensorCheck> tensors;
  [[nodiscard]] bool ok() const;
};

struct ModelCheckReport {
  std::string backend;  ///< "libtorch 1.13.1"
  std::string dtype;    ///< the arithmetic was done in
  std::vector<CaseCheck> cases;
  [[nodiscard]] bool ok() const;  ///< false without cases
};

/// `model check --json`, as docs/model.md explains it.
[[nodiscard]] nlohmann::ordered_json to_json(const ModelCheckReport& report);

struct ModelCheckRequest {
  std::string folder;              ///< a checkpoint
  std::vector<std::string> cases;  ///< paths; empty: every case_*.safetensors of the folder
};

/// Two square matrices of small random numbers, and their product.
struct MatrixProduct {
  DType dtype = DType::kF32;  ///< a floating-point one
  std::int64_t size = 1024;   ///< of a side
  int threads = 1;
};

/// A way of running the model. Registered by the library that does; see backend_loader.h.
struct ModelBackendDescriptor {
  std::string name;  ///< "libtorch"
  std::string version;
  /// Throws Error{kInput} for a checkpoint or case that is not one.
  std::function<ModelCheckReport(const ModelCheckRequest&)> check;
  /// A call of what it returns computes the product once. Throws Error{kUsage} for a type it cannot multiply.
  std::function<std::function<void()>(const MatrixProduct&)> matrix_product{};
};

}  // namespace cachebench::model

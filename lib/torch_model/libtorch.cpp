// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/registry.h"
#include "model/checkpoint.h"
#include "model/model_check.h"
#include "torch_model/internal/matrix_product.h"
#include "torch_model/internal/qwen3_vl.h"
#include "torch_model/internal/reference_case.h"
#include "torch_model/internal/weights.h"

namespace cachebench::torch_model {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> cases_of(const model::ModelCheckRequest& request) {
  if (!request.cases.empty()) return request.cases;
  std::vector<std::string> cases;
  for (const fs::directory_entry& entry : fs::directory_iterator(request.folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("case_") && name.ends_with(".safetensors")) cases.push_back(entry.path().string());
  }
  std::sort(cases.begin(), cases.end());
  if (cases.empty()) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: holds no case_*.safetensors; name one with --case", request.folder));
  }
  return cases;
}

/// In float32 whatever the weights are stored as: that is what references are computed in.
model::ModelCheckReport check(const model::ModelCheckRequest& request) {
  const c10::InferenceMode no_gradients;
  try {
    const model::Checkpoint checkpoint(request.folder);
    const Qwen3VL model(checkpoint_weights(checkpoint, {}), checkpoint.config());
    model::ModelCheckReport report{
        .backend = fmt::format("libtorch {}", TORCH_VERSION), .dtype = "float32", .cases = {}};
    for (const std::string& path : cases_of(request)) {
      const ReferenceCase reference(path);
      report.cases.push_back(reference.compare(reference.run(model)));
    }
    return report;
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::kInternal, fmt::format("{}: {}", request.folder, error.what_without_backtrace()));
  }
}

CACHEBENCH_REGISTER(model::ModelBackendDescriptor, {.name = "libtorch",
                                                    .version = TORCH_VERSION,
                                                    .check = check,
                                                    .matrix_product = matrix_product});

}  // namespace
}  // namespace cachebench::torch_model

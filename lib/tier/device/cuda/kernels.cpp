// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/check.h"

namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)
namespace {

struct ModuleKernels {
  std::string_view module;
  std::vector<std::string_view> kernels;
};

const std::array<ModuleKernels, 3>& all_kernels() {
  static const std::array<ModuleKernels, 3> kAll{{
      {"move",
       {"move_ranges", "gather_rows_words", "gather_rows_bytes", "scatter_rows_words", "scatter_rows_bytes"}},
      {"quantise",
       {"int8_encode_f32", "int8_encode_f16", "int8_encode_bf16", "e4m3_encode_f32", "e4m3_encode_f16",
        "e4m3_encode_bf16", "int8_decode_f32", "int8_decode_f16", "int8_decode_bf16", "e4m3_decode_f32",
        "e4m3_decode_f16", "e4m3_decode_bf16", "f16_encode", "bf16_encode", "f16_decode", "bf16_decode"}},
      {"similarity", {"int8_scores_words", "int8_scores_bytes"}},
  }};
  return kAll;
}

}  // namespace

Kernels::Kernels(std::shared_ptr<CudaContext> context, std::span<const KernelImage> images)
    : context_(std::move(context)) {
  const CudaContext::Scope scope(*context_);
  for (const ModuleKernels& module : all_kernels()) load(module.module, images);
}

Kernels::~Kernels() {
  const CudaContext::Scope scope(*context_);
  for (const auto& [name, module] : modules_) static_cast<void>(context_->driver().module_unload(module));
}

void Kernels::load(std::string_view module, std::span<const KernelImage> images) {
  const DeviceFacts& facts = context_->facts();
  const hardware::nvidia::CudaDriver& driver = context_->driver();
  const KernelImage* const image = choose_image(images, module, facts.major, facts.minor);
  if (image == nullptr) {
    reason_ = images.empty() ? "this build has no device kernels"
                             : fmt::format("this build has no device kernels for compute capability {}.{}",
                                           facts.major, facts.minor);
    return;
  }
  CUmodule loaded = nullptr;
  if (const CUresult result = driver.module_load_data(&loaded, image->bytes.data()); result != CUDA_SUCCESS) {
    reason_ = fmt::format("the driver (CUDA {}) refuses the device kernels: {}; update it",
                          hardware::nvidia::cuda_version_text(driver.version),
                          hardware::nvidia::describe(driver, result));
    return;
  }
  modules_.emplace(module, loaded);
  for (const ModuleKernels& one : all_kernels()) {
    if (one.module != module) continue;
    for (const std::string_view kernel : one.kernels) {
      CUfunction function = nullptr;
      if (driver.module_get_function(&function, loaded, std::string(kernel).c_str()) == CUDA_SUCCESS) {
        functions_.emplace(kernel, function);
      } else {
        reason_ = fmt::format("the device kernels lack {}", kernel);
      }
    }
  }
}

CUresult Kernels::launch(std::string_view kernel, const LaunchShape& shape, CUstream stream,
                         std::span<void*> parameters) const {
  const auto found = functions_.find(kernel);
  CACHEBENCH_CHECK(found != functions_.end(), "no kernel {}", kernel);
  return context_->driver().launch_kernel(found->second, shape.columns, shape.rows, 1, shape.threads, 1, 1, 0,
                                          stream, parameters.data(), nullptr);
}

CUresult Kernels::move(std::span<const MoveRange> ranges, CUstream stream) const {
  constexpr std::uint64_t kPerBlock = 16'384;  // 256 threads, four words each
  constexpr std::uint64_t kMostColumns = 64;
  for (std::size_t first = 0; first < ranges.size(); first += kMostRanges) {
    const auto part = ranges.subspan(first, std::min(kMostRanges, ranges.size() - first));
    std::uint64_t largest = 0;
    for (const MoveRange& range : part) largest = std::max(largest, range.bytes);
    const std::uint64_t columns = std::clamp<std::uint64_t>(largest / kPerBlock, 1, kMostColumns);
    const MoveRange* argument = part.data();
    std::array<void*, 1> parameters{static_cast<void*>(&argument)};
    const LaunchShape shape{.columns = static_cast<unsigned>(columns),
                            .rows = static_cast<unsigned>(part.size())};
    if (const CUresult result = launch("move_ranges", shape, stream, parameters); result != CUDA_SUCCESS)
      return result;
  }
  return CUDA_SUCCESS;
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

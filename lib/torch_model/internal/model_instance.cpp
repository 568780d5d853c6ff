// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/model_instance.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "core/error.h"
#include "core/nearest.h"
#include "model/weights_identity.h"

namespace cachebench::torch_model {
namespace {

constexpr std::int64_t kPageTokens = 16;
constexpr std::uint32_t kMaxThreads = 1024;

/// One OpenBLAS serves the whole process; it is not told by the tensor library.
void set_blas_threads(std::uint32_t threads) {
  using Set = void (*)(int);
  if (void* found = ::dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<Set>(found)(static_cast<int>(threads));
  }
}

bool computes_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

std::string chosen_dtype(const model::RunnerOptions& options, std::optional<DType> stored) {
  if (!options.dtype.empty()) return options.dtype;
  if (stored) return *stored == DType::kBF16 && computes_bfloat16() ? "bfloat16" : "float32";
  return options.preset == "2b" ? "bfloat16" : "float32";
}

}  // namespace

Precision precision_of(const model::RunnerOptions& options, std::optional<DType> stored) {
  const std::string dtype = chosen_dtype(options, stored);
  Precision precision;
  if (dtype == "bfloat16") {
    precision.compute = at::kBFloat16;
  } else if (dtype == "float16") {
    precision.linear = Precision::Linear::kHalf;
  } else if (dtype != "float32") {
    throw Error(ErrorKind::kUsage,
                unknown_name("dtype", dtype, std::vector<std::string>{"bfloat16", "float16", "float32"}));
  }
  if (options.weights == "int8") {
    precision.linear = Precision::Linear::kInt8;
  } else if (options.weights != "full") {
    throw Error(ErrorKind::kUsage,
                unknown_name("weights", options.weights, std::vector<std::string>{"full", "int8"}));
  }
  return precision;
}

StageScope::StageScope(std::uint32_t threads) {
  // The setting belongs to the calling thread.
  if (at::get_num_threads() != static_cast<int>(threads)) at::set_num_threads(static_cast<int>(threads));
}

ModelInstance::ModelInstance(const model::RunnerOptions& options) {
  if (options.threads == 0 || options.threads > kMaxThreads) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{} threads: 1 to {} are possible", options.threads, kMaxThreads));
  }
  if (options.kv_tokens == 0 || options.kv_tokens > std::uint64_t{1} << 32) {
    throw Error(
        ErrorKind::kUsage,
        fmt::format("room for {} tokens of keys and values: 1 to 2^32 are possible", options.kv_tokens));
  }
  set_blas_threads(options.threads);
  const StageScope scope(options.threads);
  std::optional<model::CheckpointConfig> config;
  std::optional<DType> stored;
  if (options.checkpoint.empty()) {
    config = model::config_without_weights(model::geometry_named(options.preset));
  } else {
    checkpoint_.emplace(options.checkpoint);
    config = checkpoint_->config();
    stored = checkpoint_->stored_dtype();
  }
  const Precision precision = precision_of(options, stored);
  const DType dtype = precision.compute == at::kBFloat16 ? DType::kBF16 : DType::kF32;
  const model::Checkpoint* const checkpoint = checkpoint_ ? &*checkpoint_ : nullptr;
  load(options, *config, precision);
  geometry_.emplace(model::Geometry(checkpoint != nullptr ? "checkpoint" : options.preset, config->vision,
                                    config->text, dtype)
                        .with_weights(model::identity_of("libtorch", options, checkpoint, dtype)));
  const auto tokens = static_cast<std::int64_t>(options.kv_tokens);
  pool_.emplace(config->text, precision.compute,
                KvPoolOptions{.pages = (tokens + kPageTokens - 1) / kPageTokens, .page_tokens = kPageTokens});
}

void ModelInstance::load(const model::RunnerOptions& options, const model::CheckpointConfig& config,
                         const Precision& precision) {
  const bool paged =
      options.weights_budget.value > 0 || options.keep_components == model::ComponentCache::Keep::kNothing;
  if (!paged) {
    model_.emplace(
        checkpoint_ ? checkpoint_weights(*checkpoint_, precision) : random_weights(options.seed, precision),
        config, precision.compute);
    return;
  }
  const WeightSource source = checkpoint_
                                  ? checkpoint_weights(*checkpoint_, precision, Reading::kCopied)
                                  : spilled_random_weights(options.seed, precision, options.weights_folder);
  host_ = std::make_unique<ComponentHost>(source, options.weights_budget, options.keep_components);
  model_.emplace(source, config, precision.compute, host_.get());
}

}  // namespace cachebench::torch_model

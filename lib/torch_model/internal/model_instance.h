// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "model/checkpoint.h"
#include "model/model_runner.h"
#include "torch_model/internal/component_host.h"
#include "torch_model/internal/kv_cache.h"
#include "torch_model/internal/qwen3_vl.h"
#include "torch_model/internal/weights.h"

/// A model in memory as options ask for it, with its page pool. Immutable but for the pool, thread-safe.
namespace cachebench::torch_model {

/// What the options mean. `stored` is the element type of a checkpoint's weights, if there is one. Nothing
/// said: as the checkpoint where this processor computes in that type, "2b" in bfloat16 for its size, else
/// float32. float16 is how weights are kept; they are computed with in float32, as processors without fast
/// half arithmetic do. Throws Error{kUsage} for other names.
[[nodiscard]] Precision precision_of(const model::RunnerOptions& options, std::optional<DType> stored);

/// This thread computes for a stage from now on: no gradients, so many threads inside one operation.
class StageScope {
 public:
  explicit StageScope(std::uint32_t threads);

 private:
  c10::InferenceMode no_gradients_;
};

class ModelInstance {
 public:
  /// Throws as model::RunnerDescriptor::make does.
  explicit ModelInstance(const model::RunnerOptions& options);

  [[nodiscard]] const model::Geometry& geometry() const { return *geometry_; }
  [[nodiscard]] const Qwen3VL& model() const { return *model_; }
  [[nodiscard]] KvPool& pool() { return *pool_; }
  /// Null when all weights stay in memory.
  [[nodiscard]] ComponentHost* host() const { return host_.get(); }

 private:
  void load(const model::RunnerOptions& options, const model::CheckpointConfig& config,
            const Precision& precision);

  std::optional<model::Checkpoint> checkpoint_;  ///< its weights are read where they are mapped
  std::optional<model::Geometry> geometry_;
  std::unique_ptr<ComponentHost> host_;
  std::optional<Qwen3VL> model_;
  std::optional<KvPool> pool_;
};

}  // namespace cachebench::torch_model

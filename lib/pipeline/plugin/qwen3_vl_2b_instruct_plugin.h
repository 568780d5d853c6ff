// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/clock.h"
#include "hardware/profile.h"
#include "model/model_runner.h"
#include "pipeline/plugin/qwen3_vl_2b_config.h"
#include "pipeline/plugin/qwen3_vl_2b_model.h"

/// The plugin of the source documents: `create_qwen3_vl_2b_instruct_plugin()`, then `initialize(settings)`,
/// then requests to its model. Owns runner, model and clock. One thread sets it up; the model is thread-safe.
namespace cachebench::pipeline {

class Qwen3_VL_2B_Instruct_Plugin {
 public:
  /// Takes the keys of the source documents and makes the model. Throws Error{kUsage} for keys and values
  /// that make no sense, Error{kEnvironment} where the runner's module or memory is missing; the plugin is
  /// then as it was. Once more: with the new settings on top, requests under way are cancelled.
  void initialize(const PluginSettings& settings);
  /// The same on a runner of the caller's, which outlives the plugin.
  void initialize_with(model::ModelRunner& runner, const PluginSettings& settings);

  /// Makes the multimodal cache of a model that has none, whatever its settings said. REQUIRES: initialized,
  /// and no request under way.
  void setup_intelligent_multimodal_caching();

  [[nodiscard]] bool initialized() const { return model_ != nullptr; }
  /// REQUIRES: initialized.
  [[nodiscard]] Qwen3VL2BModel& model();
  /// May be changed before `initialize`: the runner, for one.
  [[nodiscard]] Qwen3VL2BConfig& config() { return config_; }

 private:
  void make(model::ModelRunner& runner, const Qwen3VL2BConfig& config);

  RealClock clock_;
  Qwen3VL2BConfig config_;
  std::unique_ptr<model::ModelRunner> runner_;
  std::unique_ptr<Qwen3VL2BModel> model_;  // goes first
};

[[nodiscard]] std::unique_ptr<Qwen3_VL_2B_Instruct_Plugin> create_qwen3_vl_2b_instruct_plugin();

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plugin/qwen3_vl_2b_instruct_plugin.h"

#include <utility>

#include "core/check.h"
#include "model/backend_loader.h"

namespace cachebench::pipeline {

void Qwen3_VL_2B_Instruct_Plugin::make(model::ModelRunner& runner, const Qwen3VL2BConfig& config) {
  auto model = std::make_unique<Qwen3VL2BModel>(runner, hardware::find_profile(hardware::kDefaultProfile),
                                                clock_, config);
  model_ = std::move(model);
  config_ = config;
}

void Qwen3_VL_2B_Instruct_Plugin::initialize(const PluginSettings& settings) {
  Qwen3VL2BConfig config = config_;
  set_keys(config, settings);
  if (runner_ != nullptr) {
    make(*runner_, config);
    return;
  }
  std::unique_ptr<model::ModelRunner> runner = model::load_runner(config.runner).make(config.model);
  make(*runner, config);
  runner_ = std::move(runner);
}

void Qwen3_VL_2B_Instruct_Plugin::initialize_with(model::ModelRunner& runner,
                                                  const PluginSettings& settings) {
  Qwen3VL2BConfig config = config_;
  set_keys(config, settings);
  make(runner, config);
  runner_.reset();
}

void Qwen3_VL_2B_Instruct_Plugin::setup_intelligent_multimodal_caching() {
  model().initialize_intelligent_multimodal_caching();
  config_.caching.enable_intelligent_multimodal_caching = true;
}

Qwen3VL2BModel& Qwen3_VL_2B_Instruct_Plugin::model() {
  CACHEBENCH_CHECK(model_ != nullptr, "the plugin is not initialized");
  return *model_;
}

std::unique_ptr<Qwen3_VL_2B_Instruct_Plugin> create_qwen3_vl_2b_instruct_plugin() {
  return std::make_unique<Qwen3_VL_2B_Instruct_Plugin>();
}

}  // namespace cachebench::pipeline

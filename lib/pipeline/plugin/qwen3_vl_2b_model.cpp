// SPDX-License-Identifier: Apache-2.0
#include "pipeline/plugin/qwen3_vl_2b_model.h"

#include <fmt/format.h>

#include <utility>

#include "pipeline/direct_executor.h"
#include "pipeline/stages/optimized_inference_pipeline.h"

namespace cachebench::pipeline {
namespace {

// Whatever changes what the model makes, so that no other model's entry is ever served; models on one encoder
// share what that alone makes.
cache::ModelIdentity identity_of(const model::Geometry& geometry) {
  const model::VisionConfig& vision = geometry.vision();
  return {.model_id = fmt::format("{} {:016x}", geometry.name(), geometry.fingerprint()),
          .vision_encoder = fmt::format("{:016x}", geometry.encoder_fingerprint()),
          .language_encoder = {},
          .processor_settings = fmt::format("{} to {} pixels, patches of {} merged by {}", vision.min_pixels,
                                            vision.max_pixels, vision.patch, vision.merge),
          .dtype = geometry.dtype()};
}

}  // namespace

Qwen3VL2BModel::Qwen3VL2BModel(model::ModelRunner& runner, const hardware::Profile& profile,
                               const Clock& clock, const Qwen3VL2BConfig& config)
    : runner_(runner), profile_(profile), clock_(clock), config_(config) {
  if (config_.caching.enable_intelligent_multimodal_caching) {
    initialize_intelligent_multimodal_caching();
  } else {
    start();
  }
}

Qwen3VL2BModel::~Qwen3VL2BModel() = default;

void Qwen3VL2BModel::initialize_intelligent_multimodal_caching() {
  if (cache_ != nullptr) return;
  cache::MultimodalSetup setup = cache::setup_of(config_.caching);
  setup.cache.clock = &clock_;
  cache::CacheSite site;
  site.profile = profile_;
  cache_ = std::make_unique<cache::OwnedMultimodalCache>(setup, site);
  caching_ =
      std::make_unique<cache::Qwen3VL2BIntelligentCachingManager>(**cache_, identity_of(runner_.geometry()));
  config_.caching.enable_intelligent_multimodal_caching = true;
  start();
}

void Qwen3VL2BModel::start() {
  async_.reset();
  if (cache_ != nullptr) {
    InferencePipelineConfig config;
    config.max_batch_size = config_.async.max_batch_size;
    cache::HierarchicalCache& tiers = cache_->tiers(0);
    executor_ = std::make_unique<OptimizedInferencePipeline>(
        runner_, config, PipelineParts{.clock = &clock_, .costs = &tiers.costs(), .cache = &tiers.manager()});
  } else {
    executor_ = std::make_unique<DirectExecutor>(runner_, clock_);
  }
  async_ = std::make_unique<Qwen3VL2BAsyncMultimodalManager>(*executor_, runner_.geometry(), clock_,
                                                             config_.async);
}

AsyncMultimodalRequest Qwen3VL2BModel::request_of(MultimodalInput input) {
  std::vector<std::string> images;
  if (!input.image.empty()) images.push_back(std::move(input.image));
  AsyncMultimodalRequest request = make_request(std::move(input.text), images);
  request.id = requests_.fetch_add(1) + 1;
  return request;
}

std::future<AsyncMultimodalResult> Qwen3VL2BModel::async_process_multimodal_request(MultimodalInput input) {
  return async_->submit(request_of(std::move(input)));
}

std::vector<std::future<AsyncMultimodalResult>> Qwen3VL2BModel::async_process_batch_multimodal_requests(
    std::vector<MultimodalInput> inputs) {
  std::vector<AsyncMultimodalRequest> requests;
  requests.reserve(inputs.size());
  for (MultimodalInput& input : inputs) requests.push_back(request_of(std::move(input)));
  return async_->submit_batch(std::move(requests));
}

bool Qwen3VL2BModel::cache_text_input(std::string_view text, const TensorView& tensor) {
  return caching_ != nullptr && caching_->cache_text_input(text, tensor);
}

bool Qwen3VL2BModel::cache_image_input(const cache::ImageContent& image, const TensorView& tensor) {
  return caching_ != nullptr && caching_->cache_image_input(image, tensor);
}

std::optional<cache::CachedTensor> Qwen3VL2BModel::get_cached_text_input(std::string_view text) {
  return caching_ == nullptr ? std::nullopt : caching_->get_cached_text_input(text);
}

std::optional<cache::CachedTensor> Qwen3VL2BModel::get_cached_image_input(const cache::ImageContent& image) {
  return caching_ == nullptr ? std::nullopt : caching_->get_cached_image_input(image);
}

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/multimodal/make_multimodal_cache.h"
#include "cache/multimodal/qwen3vl2b_caching_manager.h"
#include "core/clock.h"
#include "hardware/profile.h"
#include "model/model_runner.h"
#include "pipeline/async/qwen3_vl_2b_async_multimodal_manager.h"
#include "pipeline/plugin/qwen3_vl_2b_config.h"

/// The model as the source documents call it: multimodal requests by text and image, answered asynchronously,
/// and a cache of typed entries that exists only when it is enabled. With caching, what the stages of a
/// request need is taken from that cache; without, everything is computed. Owns its cache and its threads;
/// borrows runner and clock. Thread-safe but for the set-up functions.
namespace cachebench::pipeline {

/// A text about an image, either of which may be missing (not both).
struct MultimodalInput {
  std::string text;
  std::string image = {};  ///< path of a PNG or JPEG file
};

class Qwen3VL2BModel {
 public:
  /// Throws Error{kUsage} for a config that makes no sense and Error{kEnvironment} where its cache does not
  /// fit.
  Qwen3VL2BModel(model::ModelRunner& runner, const hardware::Profile& profile, const Clock& clock,
                 const Qwen3VL2BConfig& config);
  ~Qwen3VL2BModel();

  [[nodiscard]] std::future<AsyncMultimodalResult> async_process_multimodal_request(MultimodalInput input);
  [[nodiscard]] std::vector<std::future<AsyncMultimodalResult>> async_process_batch_multimodal_requests(
      std::vector<MultimodalInput> inputs);

  // The cache by content; without a cache nothing is stored and nothing found.
  bool cache_text_input(std::string_view text, const TensorView& tensor);
  bool cache_image_input(const cache::ImageContent& image, const TensorView& tensor);
  [[nodiscard]] std::optional<cache::CachedTensor> get_cached_text_input(std::string_view text);
  [[nodiscard]] std::optional<cache::CachedTensor> get_cached_image_input(const cache::ImageContent& image);

  /// Makes the cache where there is none yet. REQUIRES: no request is under way.
  void initialize_intelligent_multimodal_caching();
  /// Null without.
  [[nodiscard]] cache::Qwen3VL2BIntelligentCachingManager* caching_manager() { return caching_.get(); }
  [[nodiscard]] Qwen3VL2BAsyncMultimodalManager& async_manager() { return *async_; }

 private:
  void start();
  [[nodiscard]] AsyncMultimodalRequest request_of(MultimodalInput input);

  model::ModelRunner& runner_;
  const hardware::Profile profile_;
  const Clock& clock_;
  Qwen3VL2BConfig config_;
  std::atomic<std::uint64_t> requests_{0};
  std::unique_ptr<cache::OwnedMultimodalCache> cache_;
  std::unique_ptr<cache::Qwen3VL2BIntelligentCachingManager> caching_;
  std::unique_ptr<BatchExecutor> executor_;
  std::unique_ptr<Qwen3VL2BAsyncMultimodalManager> async_;  // goes first: its threads use all of the above
};

}  // namespace cachebench::pipeline

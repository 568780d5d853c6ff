// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cache/hierarchical_cache_integration.h"

/// What Qwen3-VL allocates and keeps, by the names of the source documents: attention weights, keys and
/// values, image embeddings. Dimensions are batch, heads, sequence, width of a head. Borrows the integration.
/// Thread-safe. Throws as the integration does; dimensions below 1 are Error{kUsage}.
namespace cachebench::cache {

class Qwen3VLHierarchicalCacheAdapter {
 public:
  explicit Qwen3VLHierarchicalCacheAdapter(HierarchicalCacheIntegration& integration,
                                           DType dtype = DType::kBF16)
      : integration_(integration), dtype_(dtype) {}

  /// [batch, heads, sequence, head width].
  [[nodiscard]] TensorBuffer allocate_attention_weights(std::int64_t batch, std::int64_t heads,
                                                        std::int64_t sequence, std::int64_t head_dim);
  /// [2, batch, heads, sequence, head width]: keys, then values.
  [[nodiscard]] TensorBuffer allocate_kv_cache(std::int64_t batch, std::int64_t heads, std::int64_t sequence,
                                               std::int64_t head_dim);
  /// [batch, visual tokens, width].
  [[nodiscard]] TensorBuffer allocate_image_embeddings(std::int64_t batch, std::int64_t visual_tokens,
                                                       std::int64_t width);

  /// Into the tiers, under a name; false where no tier takes it.
  [[nodiscard]] bool cache_image_embeddings(const TensorBuffer& embeddings, std::string_view image) {
    return integration_.manager().put_tensor(embeddings.view(), image);
  }
  /// Out of them: where the host can address the bytes they are not copied, and the entry stays where it is
  /// as long as they are held. Nothing when it is not there.
  [[nodiscard]] std::optional<SharedTensor> cached_image_embeddings(std::string_view image);

 private:
  HierarchicalCacheIntegration& integration_;
  DType dtype_;
};

/// The tensor of a handle, pinned or copied as above; nothing when its bytes never came. The handle's manager
/// outlives it.
[[nodiscard]] std::optional<SharedTensor> shared_tensor_of(TensorHandle handle,
                                                           HierarchicalCacheIntegration& integration);

}  // namespace cachebench::cache

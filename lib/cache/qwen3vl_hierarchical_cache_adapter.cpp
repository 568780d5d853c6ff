// SPDX-License-Identifier: Apache-2.0
#include "cache/qwen3vl_hierarchical_cache_adapter.h"

#include <fmt/format.h>

#include <initializer_list>
#include <memory>
#include <utility>

#include "core/error.h"

namespace cachebench::cache {
namespace {

void check_dimensions(std::initializer_list<std::int64_t> dims) {
  for (const std::int64_t dim : dims) {
    if (dim < 1)
      throw Error(ErrorKind::kUsage, fmt::format("a tensor of dimension {}: at least 1 is needed", dim));
  }
}

}  // namespace

TensorBuffer Qwen3VLHierarchicalCacheAdapter::allocate_attention_weights(std::int64_t batch,
                                                                         std::int64_t heads,
                                                                         std::int64_t sequence,
                                                                         std::int64_t head_dim) {
  check_dimensions({batch, heads, sequence, head_dim});
  return integration_.allocate({.shape = {batch, heads, sequence, head_dim}, .dtype = dtype_},
                               ArtefactKind::kObject);
}

TensorBuffer Qwen3VLHierarchicalCacheAdapter::allocate_kv_cache(std::int64_t batch, std::int64_t heads,
                                                                std::int64_t sequence,
                                                                std::int64_t head_dim) {
  check_dimensions({batch, heads, sequence, head_dim});
  return integration_.allocate({.shape = {2, batch, heads, sequence, head_dim}, .dtype = dtype_},
                               ArtefactKind::kKvBlock);
}

TensorBuffer Qwen3VLHierarchicalCacheAdapter::allocate_image_embeddings(std::int64_t batch,
                                                                        std::int64_t visual_tokens,
                                                                        std::int64_t width) {
  check_dimensions({batch, visual_tokens, width});
  return integration_.allocate({.shape = {batch, visual_tokens, width}, .dtype = dtype_},
                               ArtefactKind::kVisionEncoderOutput);
}

std::optional<SharedTensor> Qwen3VLHierarchicalCacheAdapter::cached_image_embeddings(std::string_view image) {
  std::optional<TensorHandle> handle = integration_.manager().get_tensor(image);
  if (!handle) return std::nullopt;
  return shared_tensor_of(std::move(*handle), integration_);
}

std::optional<SharedTensor> shared_tensor_of(TensorHandle handle, HierarchicalCacheIntegration& integration) {
  const TensorMeta meta = handle.meta();
  if (handle.wait().status != tier::TransferStatus::kDone) return std::nullopt;
  if (const std::span<const std::byte> bytes = handle.host_view(); bytes.size() == meta.bytes().value) {
    const auto pin = std::make_shared<TensorHandle>(std::move(handle));
    return SharedTensor(meta, std::shared_ptr<const std::byte>(pin, bytes.data()));
  }
  const TensorBuffer copy = integration.allocate(meta, ArtefactKind::kVisionEncoderOutput);
  const std::span<std::byte> room(copy.data.get(), static_cast<std::size_t>(meta.bytes().value));
  if (handle.read(room).status != tier::TransferStatus::kDone) return std::nullopt;
  return copy.share();
}

}  // namespace cachebench::cache

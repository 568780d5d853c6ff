// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/visual_handle.h"

#include <utility>

#include "cache/lock_watch.h"
#include "cache/visual/visual_kv_cache.h"
#include "cache/visual/visual_record.h"

namespace cachebench::cache {

VisualHandle::VisualHandle(VisualHandle&& other) noexcept
    : cache_(std::exchange(other.cache_, nullptr)),
      record_(std::move(other.record_)),
      bytes_(std::move(other.bytes_)) {}

VisualHandle& VisualHandle::operator=(VisualHandle&& other) noexcept {
  if (this != &other) {
    release();
    cache_ = std::exchange(other.cache_, nullptr);
    record_ = std::move(other.record_);
    bytes_ = std::move(other.bytes_);
  }
  return *this;
}

void VisualHandle::release() {
  bytes_.reset();  // an engine's pin goes before what it pins
  if (cache_ != nullptr) std::exchange(cache_, nullptr)->release(*record_);
  record_.reset();
}

const TensorMeta& VisualHandle::meta() const {
  return record_->meta;
}

TensorView VisualHandle::embedding() const {
  return {.meta = record_->meta, .data = bytes_->host_view()};
}

VisualEmbeddingBlock VisualHandle::block() const {
  const DecisionLock lock(cache_->mutex_);
  const VisualKey& key = record_->key;
  return {.content_hash = to_hex(key.digest),
          .modality = key.modality,
          .resolution = record_->resolution,
          .embedding = embedding(),
          .encoder_model = cache_->encoder_names_[key.encoder],
          .created_at = record_->created_at,
          .access_count = record_->access_count,
          .estimated_vram_bytes = record_->bytes};
}

std::uint64_t VisualHandle::reuse_count() const {
  const DecisionLock lock(cache_->mutex_);
  return record_->users;
}

}  // namespace cachebench::cache

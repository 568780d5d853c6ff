// SPDX-License-Identifier: Apache-2.0
#include "cache/hierarchical_cache_integration.h"

#include <utility>

namespace cachebench::cache {
namespace {

/// The lease lives as long as anyone has its bytes.
std::shared_ptr<std::byte> bytes_of(TensorPool::Lease lease) {
  const auto owner = std::make_shared<TensorPool::Lease>(std::move(lease));
  return {owner, owner->bytes().data()};
}

}  // namespace

TensorBuffer HierarchicalCacheIntegration::allocate(const TensorMeta& meta, ArtefactKind kind) {
  using Source = TensorBuffer::Source;
  if (std::optional<TensorPool::Lease> idle = manager_.get_tensor(meta.shape, meta.dtype, kind)) {
    reused_.fetch_add(1, std::memory_order_relaxed);
    return {.meta = meta, .data = bytes_of(std::move(*idle)), .source = Source::kReused};
  }
  if (existing_) {
    if (std::shared_ptr<std::byte> data = existing_(meta.bytes())) {
      existing_count_.fetch_add(1, std::memory_order_relaxed);
      return {.meta = meta, .data = std::move(data), .source = Source::kExisting};
    }
  }
  fresh_.fetch_add(1, std::memory_order_relaxed);
  return {.meta = meta,
          .data = bytes_of(manager_.acquire_tensor(meta.shape, meta.dtype, kind)),
          .source = Source::kFresh};
}

std::shared_ptr<std::byte> HierarchicalCacheIntegration::allocate_bytes(Bytes bytes) {
  return allocate({.shape = {static_cast<std::int64_t>(bytes.value)}, .dtype = DType::kU8},
                  ArtefactKind::kObject)
      .data;
}

HierarchicalCacheIntegration::Stats HierarchicalCacheIntegration::stats() const {
  return {.reused = reused_.load(std::memory_order_relaxed),
          .existing = existing_count_.load(std::memory_order_relaxed),
          .fresh = fresh_.load(std::memory_order_relaxed)};
}

}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "core/ids.h"
#include "core/tensor_view.h"
#include "tier/ticket.h"

/// Where the visual registry keeps the bytes of its embeddings; it decides which, a store only holds them.
/// Three kinds: page-aligned host buffers that are used again (embeddings of one resolution are of one size,
/// so a full registry stores without allocating), the three-tier engine, and none for simulations. A store
/// outlives what it hands out. Thread-safe; put throws Error{kEnvironment} where memory is out.
namespace cachebench::cache {

class HierarchicalCacheManager;

/// A way to the bytes, good while it lives.
class EmbeddingBytes {
 public:
  virtual ~EmbeddingBytes() = default;
  /// The bytes where the host can address them, else empty.
  [[nodiscard]] virtual std::span<const std::byte> host_view() const = 0;
  /// Copies them to `out`, at least as long.
  [[nodiscard]] virtual tier::Completion read(std::span<std::byte> out) const = 0;
};

/// One embedding in a store. Destroying it gives the space back.
class StoredEmbedding {
 public:
  virtual ~StoredEmbedding() = default;
  /// Null when the store has lost it.
  [[nodiscard]] virtual std::shared_ptr<const EmbeddingBytes> open() = 0;
};

class EmbeddingStore {
 public:
  virtual ~EmbeddingStore() = default;
  /// Whether it may lose what it holds: then every use opens it anew.
  [[nodiscard]] virtual bool may_lose() const { return false; }
  /// Takes a copy of `content` (null in a simulation); null when it has no room.
  [[nodiscard]] virtual std::unique_ptr<StoredEmbedding> put(const Key& key, const TensorMeta& meta,
                                                             const TensorView* content) = 0;
};

[[nodiscard]] std::unique_ptr<EmbeddingStore> make_host_embedding_store();
/// In the tiers of `engine`, which outlives the store; what it evicts is lost here too.
[[nodiscard]] std::unique_ptr<EmbeddingStore> make_engine_embedding_store(HierarchicalCacheManager& engine);
/// Holds no bytes.
[[nodiscard]] std::unique_ptr<EmbeddingStore> make_null_embedding_store();

}  // namespace cachebench::cache

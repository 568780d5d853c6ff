// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "cache/visual/embedding_store.h"
#include "cache/visual/visual_handle.h"
#include "cache/visual/visual_identity.h"
#include "core/ids.h"
#include "core/tensor_view.h"

/// A block inside the visual registry, resident or kept by its users alone; registry and handles share it.
/// All but the constants is guarded by the registry's lock; `stored` is set once, before anyone is handed the
/// record. No errors of its own.
namespace cachebench::cache {

struct VisualRecord {
  // What a hit reads and changes, side by side.
  EntryId id = kNoEntry;
  bool resident = false;
  std::uint64_t users = 0;
  std::uint64_t access_count = 0;
  std::uint64_t last_use = 0;
  std::uint64_t last_gap = 0;
  std::shared_ptr<const EmbeddingBytes> at_hand;  // where the store cannot lose it; set with `stored`
  std::unique_ptr<StoredEmbedding> stored;
  Bytes bytes;  // constant, as all that follows
  Nanoseconds recompute{1};

  VisualKey key;
  TensorMeta meta;
  std::optional<Resolution> resolution;
  Nanoseconds created_at{0};
};

}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cache/visual/embedding_store.h"
#include "cache/visual/visual_identity.h"
#include "core/tensor_view.h"
#include "core/units.h"

/// What agents get from the visual registry: a handle, which keeps a block resident and gives its bytes, and
/// what is known of the block. A handle counts as one user from the look-up to its end; it must not outlive
/// the registry. Move-only, one thread at a time; different handles on one block are independent.
namespace cachebench::cache {

struct Resolution {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  bool operator==(const Resolution&) const = default;
};

/// Everything the registry knows of one embedding, at one moment.
struct VisualEmbeddingBlock {
  std::string content_hash;
  VisualModality modality = VisualModality::kImage;
  std::optional<Resolution> resolution;  ///< of images
  TensorView embedding;  ///< good while the handle lives; no data where the host cannot address it
  std::string encoder_model;
  Nanoseconds created_at{0};  ///< on the registry's clock
  std::uint64_t access_count = 0;
  Bytes estimated_vram_bytes;  ///< exact: elements × size of one
};

class VisualKVCache;
struct VisualRecord;

/// One user of a block: while it is alive the block stays. Move-only; use it from one thread at a time.
class VisualHandle {
 public:
  VisualHandle() = default;  ///< nothing
  ~VisualHandle() { release(); }
  VisualHandle(VisualHandle&& other) noexcept;
  VisualHandle& operator=(VisualHandle&& other) noexcept;
  explicit operator bool() const { return cache_ != nullptr; }

  // All REQUIRE a block.
  [[nodiscard]] const TensorMeta& meta() const;
  /// Data is empty where the host cannot address it, or in a simulation: then `read`.
  [[nodiscard]] TensorView embedding() const;
  [[nodiscard]] tier::Completion read(std::span<std::byte> out) const { return bytes_->read(out); }
  [[nodiscard]] VisualEmbeddingBlock block() const;
  /// How many handles share the block now, this one included.
  [[nodiscard]] std::uint64_t reuse_count() const;
  void release();

 private:
  friend class VisualKVCache;
  VisualKVCache* cache_ = nullptr;
  std::shared_ptr<VisualRecord> record_;
  std::shared_ptr<const EmbeddingBytes> bytes_;
};

}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "cache/compression/encoded_tensor.h"
#include "core/sync.h"
#include "tier/codec_use.h"
#include "tier/plane.h"

/// Encodes and decodes entries and keeps account of it by kind: sizes, time on the core, and the error, which
/// is measured on the first rows of every entry that is encoded. Thread-safe.
namespace cachebench::cache {

class CompressionMeter {
 public:
  /// Elements of an entry that are decoded again for comparison, at least a row.
  static constexpr std::size_t kCompared = 65'536;

  /// `info.encoding` is the form. False when the values refuse it; `out` is undefined then.
  [[nodiscard]] bool encode(const tier::RecordInfo& info, std::span<const std::byte> plain,
                            std::span<std::byte> out) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] bool decode(const tier::RecordInfo& info, std::span<const std::byte> in,
                            std::span<std::byte> out) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] tier::CodecUses uses() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  tier::CodecUses uses_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "cache/compression/encoded_tensor.h"
#include "core/sync.h"
#include "tier/codec_use.h"
#include "tier/plane.h"

/// Encodes and decodes entries and keeps account of it by kind: sizes, time on the core, and the error, which
/// is measured on the first rows of every entry that is encoded. Entries that an earlier process encoded are
/// counted apart, by the form that they have: what they were before is not there to compare with, so their
/// error is the most that the form allows. Thread-safe.
namespace cachebench::cache {

/// Entries of one form that a tier kept from an earlier process.
struct KeptForm {
  std::uint64_t entries = 0;
  Bytes plain;
  Bytes stored;
  std::uint64_t decoded = 0;  ///< times that one of them was decoded
  double max_error = 0;       ///< bound for an element, from what was decoded
};
using KeptForms = std::array<KeptForm, tier::kEncodings>;

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

  /// An entry of an earlier process was taken in,
  void note_kept(const tier::RecordInfo& info) CACHEBENCH_EXCLUDES(mutex_);
  /// and decoded: `plain` are its elements.
  void note_kept_decoded(const tier::RecordInfo& info, std::span<const std::byte> plain)
      CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] KeptForms kept() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  tier::CodecUses uses_ CACHEBENCH_GUARDED_BY(mutex_);
  KeptForms kept_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/units.h"
#include "tier/pinned_memory.h"

/// A private anonymous mapping of host memory. Pages cost nothing until they are touched. It can be locked
/// into memory, and asks for huge pages where it is large enough to gain from them. Or a piece of a device's
/// page-locked memory, which costs its pages at once. Move-only owner; the bytes may be used from any thread.
namespace cachebench::tier {

enum class PageLock : std::uint8_t { kOff, kTry };

class Mapping {
 public:
  /// Maps at least `size` bytes (whole pages, beginning at a 2 MiB boundary from 2 MiB up), or nothing when
  /// the address space or the system's limits do not allow it.
  [[nodiscard]] static std::optional<Mapping> try_map(Bytes size);
  /// Memory of a device's, which is locked already; ordinary memory where `pinned` is null or gives none.
  [[nodiscard]] static std::optional<Mapping> try_pinned(Bytes size,
                                                         const std::shared_ptr<PinnedMemory>& pinned);
  Mapping() = default;
  ~Mapping();
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;

  [[nodiscard]] bool is_pinned() const { return pinned_ != nullptr; }
  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] Bytes size() const { return Bytes{size_}; }
  [[nodiscard]] std::span<std::byte> span() const { return {data_, size_}; }

  /// Locks each page as it is touched. Returns 0, or the errno of the refusal.
  [[nodiscard]] int lock() const noexcept;

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::shared_ptr<PinnedMemory> pinned_;  // whose it is; null: an anonymous mapping
};

/// One line for people on a lock that was refused with `code`: the limit, what was asked, what to do.
[[nodiscard]] std::string describe_lock_failure(Bytes asked, int code);
/// And one on a device that had no page-locked memory to give.
[[nodiscard]] std::string describe_pageable(Bytes asked);

}  // namespace cachebench::tier

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/check.h"
#include "core/huge_pages.h"
#include "core/ids.h"

/// Numbers keys densely in the order of first appearance. A hash table with open addressing and linear
/// probing, at most half full, one cache line a look-up; made for batches: `make_room`, then `prefetch` every
/// key of the batch, then `intern` them, so that the cache misses overlap. Never shrinks, never forgets.
/// Thread-compatible. Errors: CACHEBENCH_CHECK beyond 2^32 - 2 keys.
namespace cachebench::bench {

/// Spreads plain integers; a bijection, so that it adds no collisions of its own.
[[nodiscard]] inline std::uint64_t spread(std::uint64_t key) {
  key ^= key >> 32;
  key *= 0xD6E8FEB86659FD93ULL;
  key ^= key >> 29;
  return key * 0x9E3779B97F4A7C15ULL;
}
[[nodiscard]] inline std::uint64_t spread(const Key& key) {
  return spread(key.lo ^ (key.hi * 0x9E3779B97F4A7C15ULL));
}

template <typename KeyType>
class Interner {
 public:
  Interner() : slots_(std::size_t{1} << kFirstBits) {}

  /// Grows so that `count` new keys fit without moving anything.
  void make_room(std::size_t count) {
    while ((size_ + count) * 2 > slots_.size()) grow();
  }
  void prefetch(const KeyType& key) const { __builtin_prefetch(&slots_[home(key)]); }
  /// The number of `key`. REQUIRES: room made.
  std::uint32_t intern(const KeyType& key) {
    std::size_t at = home(key);
    while (slots_[at].number_plus_one != 0) {
      if (slots_[at].key == key) return slots_[at].number_plus_one - 1;
      at = (at + 1) & (slots_.size() - 1);
    }
    CACHEBENCH_CHECK(size_ < kMost, "{} distinct keys are too many", size_);
    slots_[at] = {key, static_cast<std::uint32_t>(++size_)};
    return static_cast<std::uint32_t>(size_ - 1);
  }
  [[nodiscard]] std::size_t size() const { return size_; }

  static constexpr std::size_t kMost = 0xFFFFFFFEU;

 private:
  struct Slot {
    KeyType key{};
    std::uint32_t number_plus_one = 0;  ///< 0: free
  };
  static constexpr int kFirstBits = 12;

  [[nodiscard]] std::size_t home(const KeyType& key) const { return spread(key) >> shift_; }

  void grow() {
    std::vector<Slot> old;
    resize_huge(old, slots_.size() * 2);
    old.swap(slots_);
    --shift_;
    for (const Slot& slot : old) {
      if (slot.number_plus_one == 0) continue;
      std::size_t at = home(slot.key);
      while (slots_[at].number_plus_one != 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  int shift_ = 64 - kFirstBits;
  std::size_t size_ = 0;
};

}  // namespace cachebench::bench

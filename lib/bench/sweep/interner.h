// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "core/check.h"
#include "core/huge_pages.h"
#include "core/ids.h"
#include "core/prefetch.h"

/// Numbers keys densely in the order of first appearance. Integers below kSmallKeys, which is what generators
/// and many tools number their objects with, index a table of their numbers; all others go through a hash
/// table with open addressing and linear probing, at most half full, one cache line a look-up. Made for
/// batches: `make_room`, then `prefetch` every key of the batch, then `intern` them, so that the cache misses
/// overlap. Never shrinks, never forgets. Thread-compatible. Errors: CACHEBENCH_CHECK beyond 2^32 - 2 keys.
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
    while ((hashed_ + count) * 2 > slots_.size()) grow();
  }
  void prefetch(const KeyType& key) const {
    if constexpr (kHasSmall) {
      if (key < small_.size()) {
        prefetch_line(&small_[key]);
        return;
      }
    }
    prefetch_line(&slots_[home(key)]);
  }
  /// The number of `key`. REQUIRES: room made.
  std::uint32_t intern(const KeyType& key) {
    if constexpr (kHasSmall) {
      if (key < kSmallKeys) return intern_small(static_cast<std::size_t>(key));
    }
    std::size_t at = home(key);
    while (slots_[at].number_plus_one != 0) {
      if (slots_[at].key == key) return slots_[at].number_plus_one - 1;
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = {key, next_number() + 1};
    ++hashed_;
    return slots_[at].number_plus_one - 1;
  }
  /// Both for every record of a batch; `key_of` names the member that is its key. REQUIRES: as many ids as
  /// records.
  template <typename Record>
  void prefetch(std::span<const Record> records, KeyType Record::*key_of) const {
    for (const Record& record : records) prefetch(record.*key_of);
  }
  template <typename Record>
  void intern(std::span<const Record> records, KeyType Record::*key_of, std::span<std::uint32_t> ids) {
    // Most are small keys seen before: those are looked up with nothing else reloaded.
    const std::span<const std::uint32_t> known(small_);
    for (std::size_t i = 0; i < records.size(); ++i) {
      const KeyType& key = records[i].*key_of;
      const std::uint32_t number_plus_one = number_in(known, key);
      if (number_plus_one != 0) [[likely]] {
        ids[i] = number_plus_one - 1;
        continue;
      }
      ids[i] = intern(key);
      if (small_.size() != known.size()) return intern(records.subspan(i + 1), key_of, ids.subspan(i + 1));
    }
  }
  [[nodiscard]] std::size_t size() const { return size_; }

  static constexpr std::size_t kMost = 0xFFFFFFFEU;
  /// 16 MiB of table at most.
  static constexpr std::size_t kSmallKeys = std::size_t{1} << 22;

 private:
  static constexpr bool kHasSmall = std::is_unsigned_v<KeyType>;
  struct Slot {
    KeyType key{};
    std::uint32_t number_plus_one = 0;  ///< 0: free
  };
  static constexpr int kFirstBits = 12;

  static std::uint32_t number_in(std::span<const std::uint32_t> small, const KeyType& key) {
    if constexpr (kHasSmall) {
      return key < small.size() ? small[key] : 0;
    } else {
      return 0;
    }
  }
  [[nodiscard]] std::size_t home(const KeyType& key) const { return spread(key) >> shift_; }

  std::uint32_t next_number() {
    CACHEBENCH_CHECK(size_ < kMost, "{} distinct keys are too many", size_);
    return static_cast<std::uint32_t>(size_++);
  }

  std::uint32_t intern_small(std::size_t key) {
    if (key >= small_.size()) [[unlikely]]
      small_.resize(std::bit_ceil(key + 1));
    std::uint32_t& number_plus_one = small_[key];
    if (number_plus_one == 0) number_plus_one = next_number() + 1;
    return number_plus_one - 1;
  }

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
  std::size_t hashed_ = 0;
  std::vector<std::uint32_t> small_;  // by key: its number plus one, 0 when there is none
  std::size_t size_ = 0;
};

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.h"

namespace cachebench::cache {

/// Key to dense id: an open-addressing table with linear probing, kept at most half full. Ids are handed out
/// in order of first sight and never removed, so there are no tombstones. Thread-compatible.
class KeyIndex {
 public:
  KeyIndex() : slots_(kInitialSlots) {}
  /// kNoEntry when the key has never been added.
  [[nodiscard]] EntryId find(const Key& key) const { return slots_[slot_of(key)].id; }
  /// The key's id, the next free one when it is new.
  EntryId add(const Key& key);
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kInitialSlots = 1024;
  struct Slot {
    Key key;
    EntryId id = kNoEntry;
  };
  [[nodiscard]] std::size_t slot_of(const Key& key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = std::hash<Key>{}(key)&mask;
    while (slots_[slot].id != kNoEntry && slots_[slot].key != key) slot = (slot + 1) & mask;
    return slot;
  }
  void grow();

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace cachebench::cache

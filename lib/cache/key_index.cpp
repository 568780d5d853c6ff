// SPDX-License-Identifier: Apache-2.0
#include "cache/key_index.h"

#include <utility>

#include "core/check.h"

namespace cachebench::cache {

EntryId KeyIndex::add(const Key& key) {
  std::size_t slot = slot_of(key);
  if (slots_[slot].id != kNoEntry) return slots_[slot].id;
  if (2 * (size_ + 1) > slots_.size()) {
    grow();
    slot = slot_of(key);
  }
  CACHEBENCH_CHECK(size_ < index_of(kNoEntry), "more than 2^32-1 entries");
  slots_[slot] = {key, static_cast<EntryId>(size_)};
  ++size_;
  return slots_[slot].id;
}

void KeyIndex::grow() {
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& slot : old) {
    if (slot.id != kNoEntry) slots_[slot_of(slot.key)] = slot;
  }
}

}  // namespace cachebench::cache

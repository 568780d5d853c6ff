// SPDX-License-Identifier: Apache-2.0
#include "trace/next_access.h"

#include <cstddef>

namespace cachebench::trace {
namespace {

// Open addressing, at most half full; position 0 means an empty slot, positions count from 1.
class LastSeen {
 public:
  LastSeen() : slots_(kFirstSlots) {}

  // Remembers `position` for the key and returns the one before it; 0 when there was none.
  std::int64_t exchange(std::uint64_t key, std::int64_t position) {
    if (2 * used_ >= slots_.size()) grow();
    Slot& slot = find(key);
    const std::int64_t before = slot.position;
    if (before == 0) ++used_;
    slot = {.key = key, .position = position};
    return before;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::int64_t position = 0;
  };
  static constexpr std::size_t kFirstSlots = 1024;

  Slot& find(std::uint64_t key) {
    std::uint64_t hash = (key ^ (key >> 32)) * 0xD6E8FEB86659FD93ULL;
    hash ^= hash >> 32;
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].position != 0 && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.position != 0) find(slot.key) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace

std::vector<std::int64_t> next_accesses(std::span<const std::uint64_t> keys) {
  std::vector<std::int64_t> next(keys.size());
  LastSeen seen;
  for (std::size_t i = keys.size(); i-- > 0;) {
    const std::int64_t later = seen.exchange(keys[i], static_cast<std::int64_t>(i) + 1);
    next[i] = later == 0 ? -1 : later;
  }
  return next;
}

}  // namespace cachebench::trace

// SPDX-License-Identifier: Apache-2.0
#include "cache/directory.h"

#include <utility>

#include "core/check.h"
#include "core/rng.h"

namespace cachebench::cache {

const char* name_of(MissCause cause) {
  switch (cause) {
    case MissCause::kCold:
      return "cold";
    case MissCause::kCapacity:
      return "capacity";
    case MissCause::kNotAdmitted:
      return "not_admitted";
    case MissCause::kExpired:
      return "expired";
    case MissCause::kCorrupt:
      return "corrupt";
    case MissCause::kBrokenPrefix:
      return "broken_prefix";
    case MissCause::kLatePrefetch:
      return "late_prefetch";
    case MissCause::kTooLarge:
      return "too_large";
  }
  CACHEBENCH_CHECK(false, "miss cause {}", static_cast<int>(cause));
}

EntryId Directory::intern(const EntryDescription& what) {
  std::size_t slot = slot_of(what.key);
  if (const EntryId known = slots_[slot].id; known != kNoEntry) {
    // Found on a plane: its cost was not known.
    if ((*this)[known].what.recompute.count() == 0) (*this)[known].what.recompute = what.recompute;
    return known;
  }
  if (2 * (size_ + 1) > slots_.size()) {
    grow();
    slot = slot_of(what.key);
  }
  CACHEBENCH_CHECK(size_ < index_of(kNoEntry), "more than 2^32-1 entries");
  if (size_ % kChunk == 0) chunks_.push_back(std::make_unique<Entry[]>(kChunk));
  const auto id = static_cast<EntryId>(size_++);
  (*this)[id].what.key = what.key;
  describe(id, what);
  slots_[slot] = {.id = id, .tag = static_cast<std::uint32_t>(std::hash<Key>{}(what.key) >> 32U)};
  return id;
}

void Directory::describe(EntryId id, const EntryDescription& what) {
  KnownDescription& kept = (*this)[id].what;
  if (!(kept.meta == what.meta)) kept.meta = known(what.meta);
  kept.bytes = what.bytes;
  kept.recompute = what.recompute;
  kept.depth = what.depth;
  kept.kind = what.kind;
}

std::size_t Directory::MetaHash::operator()(const TensorMeta& meta) const noexcept {
  std::uint64_t hash = static_cast<std::uint64_t>(meta.dtype);
  for (const std::int64_t dimension : meta.shape.dims())
    hash = splitmix64(hash ^ static_cast<std::uint64_t>(dimension));
  return hash;
}

void Directory::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& moved : old) {
    if (moved.id == kNoEntry) continue;
    std::size_t slot = std::hash<Key>{}((*this)[moved.id].what.key) & mask;
    while (slots_[slot].id != kNoEntry) slot = (slot + 1) & mask;
    slots_[slot] = moved;
  }
}

}  // namespace cachebench::cache

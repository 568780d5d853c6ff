// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "core/ids.h"
#include "core/tensor_view.h"
#include "core/units.h"
#include "policy/migration.h"
#include "tier/encoding.h"

/// The directory: what is known of every entry ever asked for, and in which tiers it lives by decision. Bytes
/// follow later and are no business of it. Thread-compatible; its owner holds the lock.
namespace cachebench::cache {

/// Why a reference was not served, one each.
enum class MissCause : std::uint8_t {
  kCold,
  kCapacity,
  kNotAdmitted,
  kExpired,
  kCorrupt,
  kBrokenPrefix,
  kLatePrefetch,
  kTooLarge,
};
inline constexpr int kMissCauses = 8;
/// The key in results, for example "not_admitted".
[[nodiscard]] const char* name_of(MissCause cause);

/// What an entry is, as told by whoever asks for it.
struct EntryDescription {
  Key key;
  ArtefactKind kind = ArtefactKind::kObject;
  TensorMeta meta{};
  Bytes bytes{};             ///< nominal: what decides
  Nanoseconds recompute{0};  ///< modelled, without the lookup
  std::uint32_t depth = 0;   ///< K/V blocks before it in its chain
};

/// The reference of a request that an access stands for.
struct AccessContext {
  policy::RequestInfo request{};
  std::uint64_t next_use = policy::kNeverUsed;  ///< number of the next reference to the entry, where known
};

/// A shape and element type of the few that entries have: the directory holds each of them once.
class KnownMeta {
 public:
  KnownMeta() = default;
  explicit KnownMeta(const TensorMeta& known) : known_(&known) {}
  operator const TensorMeta&() const { return *known_; }  // NOLINT(google-explicit-constructor): it is one
  [[nodiscard]] Bytes bytes() const { return known_->bytes(); }
  bool operator==(const TensorMeta& other) const { return *known_ == other; }

 private:
  static constexpr TensorMeta kNone{};
  const TensorMeta* known_ = &kNone;
};

/// An EntryDescription as the directory keeps it.
struct KnownDescription {
  Key key;
  KnownMeta meta;
  Bytes bytes{};
  Nanoseconds recompute{0};
  std::uint32_t depth = 0;
  ArtefactKind kind = ArtefactKind::kObject;
  operator EntryDescription() const {  // NOLINT(google-explicit-constructor): it is one
    return {.key = key, .kind = kind, .meta = meta, .bytes = bytes, .recompute = recompute, .depth = depth};
  }
};

/// Two cache lines, since there may be millions and an access touches all of it.
struct alignas(64) Entry {
  KnownDescription what;
  policy::LevelSet copies;                        ///< tiers the entry lives in, by decision
  std::array<tier::Encoding, kMaxTiers> forms{};  ///< what it lies there as, or would by the last choice
  MissCause absent = MissCause::kCold;            ///< the cause a miss would have now
  std::uint32_t uses = 0;                         ///< accesses so far, saturating
  Nanoseconds last_access{0};                     ///< decision clock
  std::uint64_t last_sequence = 0;                ///< number of its last access, covered references apart
  std::uint32_t last_gap = 0;                     ///< accesses between that and the one before it, saturating
  AccessContext last{};                           ///< its request and its future
};
static_assert(sizeof(Entry) == 128);

class Directory {
 public:
  /// The id of the entry, known or new. A known entry stays what it is.
  EntryId intern(const EntryDescription& what);
  /// kNoEntry when nobody has asked for the key.
  [[nodiscard]] EntryId find(const Key& key) const { return slots_[slot_of(key)].id; }
  [[nodiscard]] Entry& operator[](EntryId id) {
    return chunks_[index_of(id) / kChunk][index_of(id) % kChunk];
  }
  [[nodiscard]] const Entry& operator[](EntryId id) const {
    return chunks_[index_of(id) / kChunk][index_of(id) % kChunk];
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// What the entry is from now on, all but its key.
  void describe(EntryId id, const EntryDescription& what);
  void set_meta(EntryId id, const TensorMeta& meta) { (*this)[id].what.meta = known(meta); }

 private:
  static constexpr std::size_t kChunk = 1024;  ///< entries that are allocated together; none ever moves
  /// Open addressing with linear probing, at most half full. The key itself is in the entry, which whoever
  /// finds it reads next anyway; the tag spares the look at those of others.
  struct Slot {
    EntryId id = kNoEntry;
    std::uint32_t tag = 0;
  };
  [[nodiscard]] std::size_t slot_of(const Key& key) const {
    const std::uint64_t hash = std::hash<Key>{}(key);
    const auto tag = static_cast<std::uint32_t>(hash >> 32U);
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash & mask;
    for (; slots_[slot].id != kNoEntry; slot = (slot + 1) & mask) {
      if (slots_[slot].tag != tag) continue;
      const Entry& entry = (*this)[slots_[slot].id];
      __builtin_prefetch(&entry.last_sequence);  // the other line: it is read next
      if (entry.what.key == key) break;
    }
    return slot;
  }
  void grow();
  struct MetaHash {
    std::size_t operator()(const TensorMeta& meta) const noexcept;
  };
  [[nodiscard]] KnownMeta known(const TensorMeta& meta) { return KnownMeta(*metas_.insert(meta).first); }

  std::vector<Slot> slots_ = std::vector<Slot>(kChunk);
  std::vector<std::unique_ptr<Entry[]>> chunks_;
  std::unordered_set<TensorMeta, MetaHash> metas_;  ///< none ever moves or goes
  std::size_t size_ = 0;
};

}  // namespace cachebench::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/check.h"
#include "core/huge_pages.h"
#include "core/ids.h"
#include "core/prefetch.h"
#include "core/rng.h"
#include "policy/access_info.h"

/// What policies share that look at a few residents drawn at random: the residents in one compact array with
/// a record each, a stream of draws that costs a few instructions, and the memory of the last choice, since
/// asking twice must not draw twice. Values owned by one policy; one thread; deterministic for a seed. Misuse
/// is a programmer error, checked in debug builds.
namespace cachebench::policy {

/// Record has a member `EntryId id`. The order is arbitrary: who leaves is replaced by the last. 4 bytes an
/// id ever seen and one Record a resident.
template <typename Record>
class ResidentTable {
 public:
  /// Room for ids below `count`, a hint.
  void reserve(std::size_t count) {
    if (count <= slots_.size()) return;
    reserve_huge(slots_, count);
    slots_.resize(count, kAbsent);
  }
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] bool contains(EntryId id) const {
    return index_of(id) < slots_.size() && slots_[index_of(id)] != kAbsent;
  }
  [[nodiscard]] Record& at(std::size_t slot) { return records_[slot]; }
  [[nodiscard]] const Record& at(std::size_t slot) const { return records_[slot]; }
  /// REQUIRES: contained.
  [[nodiscard]] Record& of(EntryId id) { return records_[slots_[index_of(id)]]; }

  /// Null when not contained.
  [[nodiscard]] const Record* find(EntryId id) const {
    if (index_of(id) >= slots_.size()) return nullptr;
    const std::uint32_t slot = slots_[index_of(id)];
    return slot == kAbsent ? nullptr : &records_[slot];
  }

  /// REQUIRES: not contained.
  Record& insert(const Record& record) {
    const std::size_t index = index_of(record.id);
    if (index >= slots_.size()) [[unlikely]] {
      slots_.resize(std::max(index + 1, 2 * slots_.size()), kAbsent);
    }
    CACHEBENCH_DCHECK(slots_[index] == kAbsent, "entry {} is resident already", index);
    slots_[index] = static_cast<std::uint32_t>(records_.size());
    records_.push_back(record);
    return records_.back();
  }

  /// REQUIRES: contained.
  void erase(EntryId id) {
    CACHEBENCH_DCHECK(contains(id), "entry {} is not resident", index_of(id));
    const std::uint32_t slot = slots_[index_of(id)];
    slots_[index_of(id)] = kAbsent;
    if (slot + 1 != records_.size()) {
      records_[slot] = records_.back();
      slots_[index_of(records_[slot].id)] = slot;
    }
    records_.pop_back();
  }

  void prefetch(EntryId id) const {
    if (index_of(id) < slots_.size()) prefetch_line(&slots_[index_of(id)]);
  }

 private:
  static constexpr std::uint32_t kAbsent = 0xFFFFFFFFU;
  std::vector<Record> records_;
  std::vector<std::uint32_t> slots_;  // by id
};

/// Uniform draws, 32 bits each: biased by less than bound/2^32.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(splitmix64(seed)) {}

  /// Below `bound`, which is > 0 and < 2^32.
  std::uint32_t below(std::size_t bound) {
    if (half_) {
      half_ = false;
      return scaled(word_ >> 32, bound);
    }
    state_ += 0x9E3779B97F4A7C15ULL;
    word_ = splitmix64(state_);
    half_ = true;
    return scaled(word_ & 0xFFFFFFFFU, bound);
  }

 private:
  static std::uint32_t scaled(std::uint64_t bits, std::size_t bound) {
    return static_cast<std::uint32_t>(bits * bound >> 32);
  }
  std::uint64_t state_;
  std::uint64_t word_ = 0;
  bool half_ = false;  // the upper half of word_ is unused
};

/// The choice that stands until its entry leaves, is used or pinned.
class LastChoice {
 public:
  [[nodiscard]] bool stands(const PinSet& pins) const { return id_ != kNoEntry && !pins.is_pinned(id_); }
  [[nodiscard]] EntryId id() const { return id_; }
  EntryId remember(EntryId id) { return id_ = id; }
  /// It was used: the choice may be wrong now.
  void forget(EntryId id) {
    if (id == id_) id_ = kNoEntry;
  }
  /// Something left: every later question is a new one.
  void forget() { id_ = kNoEntry; }

 private:
  EntryId id_ = kNoEntry;
};

/// The least of `samples` residents drawn with repetition, pinned ones skipped; where pins leave nothing, the
/// least of all that are not pinned, kNoEntry if there are none. `less(a, b)` orders records.
template <typename Record, typename Less>
[[nodiscard]] EntryId least_of_sample(const ResidentTable<Record>& residents, std::uint32_t samples,
                                      Draws& draws, const PinSet& pins, Less less) {
  if (residents.empty()) return kNoEntry;
  if (pins.none()) [[likely]] {  // the inner loop of several policies: the least so far stays in registers
    Record least = residents.at(draws.below(residents.size()));
    for (std::uint32_t i = 1; i < samples; ++i) {
      const Record& record = residents.at(draws.below(residents.size()));
      if (less(record, least)) least = record;
    }
    return least.id;
  }
  const Record* least = nullptr;
  const auto offer = [&](const Record& record) {
    if (pins.is_pinned(record.id)) return;
    if (least == nullptr || less(record, *least)) least = &record;
  };
  for (std::uint32_t i = 0; i < samples; ++i) offer(residents.at(draws.below(residents.size())));
  if (least == nullptr) {
    for (std::size_t slot = 0; slot < residents.size(); ++slot) offer(residents.at(slot));
  }
  return least == nullptr ? kNoEntry : least->id;
}

}  // namespace cachebench::policy

// SPDX-License-Identifier: Apache-2.0
#include "cache/one_tier/simulate.h"

#include <algorithm>
#include <vector>

#include "core/check.h"

namespace cachebench::cache {
namespace {

using policy::AccessInfo;
using policy::EraseReason;

// How many accesses ahead the state of an object is asked from memory: enough to hide a miss of the
// last-level cache behind the work of the accesses between, few enough to stay in the first level until used.
constexpr std::size_t kPrefetchAhead = 12;

/// Residency and sizes where all objects are alike: one byte an object keeps a million of them near the core.
class UniformState {
 public:
  explicit UniformState(const AccessColumns& columns)
      : size_(columns.uniform_size()), resident_(columns.objects()) {}
  static constexpr bool kSizesChange = false;
  void prefetch(std::uint32_t id) const { __builtin_prefetch(&resident_[id]); }
  [[nodiscard]] std::uint64_t size(std::size_t, std::uint32_t) const { return size_; }
  [[nodiscard]] bool is_resident(std::uint32_t id) const { return resident_[id] != 0; }
  void insert(std::uint32_t id, std::uint64_t) { resident_[id] = 1; }
  std::uint64_t erase(std::uint32_t id) {
    resident_[id] = 0;
    return size_;
  }

 private:
  std::uint64_t size_;
  std::vector<std::uint8_t> resident_;
};

/// Each object has its size.
class PerObjectState {
 public:
  explicit PerObjectState(const AccessColumns& columns)
      : sizes_(columns.object_sizes()), resident_(columns.objects()) {}
  static constexpr bool kSizesChange = false;
  void prefetch(std::uint32_t id) const {
    __builtin_prefetch(&resident_[id]);
    __builtin_prefetch(&sizes_[id]);
  }
  [[nodiscard]] std::uint64_t size(std::size_t, std::uint32_t id) const { return sizes_[id]; }
  [[nodiscard]] bool is_resident(std::uint32_t id) const { return resident_[id] != 0; }
  void insert(std::uint32_t id, std::uint64_t) { resident_[id] = 1; }
  std::uint64_t erase(std::uint32_t id) {
    resident_[id] = 0;
    return sizes_[id];
  }

 private:
  const std::vector<std::uint64_t>& sizes_;
  std::vector<std::uint8_t> resident_;
};

/// Sizes differ from access to access: what a resident object occupies is remembered, plus 1 so that 0 is
/// absent.
class PerAccessState {
 public:
  explicit PerAccessState(const AccessColumns& columns)
      : sizes_(columns.access_sizes()), occupied_(columns.objects()) {}
  static constexpr bool kSizesChange = true;
  void prefetch(std::uint32_t id) const { __builtin_prefetch(&occupied_[id]); }
  [[nodiscard]] std::uint64_t size(std::size_t access, std::uint32_t) const { return sizes_[access]; }
  [[nodiscard]] bool is_resident(std::uint32_t id) const { return occupied_[id] != 0; }
  void insert(std::uint32_t id, std::uint64_t size) { occupied_[id] = size + 1; }
  std::uint64_t erase(std::uint32_t id) {
    const std::uint64_t size = occupied_[id] - 1;
    occupied_[id] = 0;
    return size;
  }
  [[nodiscard]] std::uint64_t occupied(std::uint32_t id) const { return occupied_[id] - 1; }

 private:
  const std::vector<std::uint64_t>& sizes_;
  std::vector<std::uint64_t> occupied_;
};

template <typename State>
class Simulation {
 public:
  Simulation(const AccessColumns& columns, Bytes capacity, policy::EvictionPolicy& policy)
      : ids_(columns.ids()), state_(columns), capacity_(capacity.value), policy_(policy) {}

  OneTierCounts run() {
    const std::size_t total = ids_.size();
    const std::size_t prefetched = total > kPrefetchAhead ? total - kPrefetchAhead : 0;
    for (std::size_t i = 0; i < prefetched; ++i) {
      state_.prefetch(ids_[i + kPrefetchAhead]);
      access(i);
    }
    for (std::size_t i = prefetched; i < total; ++i) access(i);
    counts_.accesses = total;
    return counts_;
  }

 private:
  void access(std::size_t i) {
    const std::uint32_t id = ids_[i];
    const std::uint64_t size = state_.size(i, id);
    info_.bytes = Bytes{size};
    info_.now = Nanoseconds{static_cast<std::int64_t>(i)};
    info_.sequence = i;
    if (state_.is_resident(id)) {
      policy_.on_hit(EntryId{id}, info_);
      if constexpr (State::kSizesChange) resize(id, size);
    } else {
      miss(id, size);
    }
  }

  void miss(std::uint32_t id, std::uint64_t size) {
    ++counts_.misses;
    counts_.bytes_missed += size;
    if (size > capacity_ || capacity_ == 0) return;
    while (used_ > capacity_ - size) evict();
    policy_.on_insert(EntryId{id}, info_);
    state_.insert(id, size);
    used_ += size;
    ++entries_;
    counts_.peak_entries = std::max(counts_.peak_entries, entries_);
    counts_.peak_bytes = std::max(counts_.peak_bytes, used_);
  }

  void resize(std::uint32_t id, std::uint64_t size) {
    if constexpr (State::kSizesChange) {
      const std::uint64_t before = state_.occupied(id);
      if (before == size) return;
      used_ = used_ - before + size;
      state_.insert(id, size);
      while (used_ > capacity_) evict();
      counts_.peak_bytes = std::max(counts_.peak_bytes, used_);
    }
  }

  void evict() {
    const EntryId victim = policy_.victim(nobody_pinned_);
    CACHEBENCH_CHECK(victim != kNoEntry, "no victim among {} entries of {} bytes", entries_, used_);
    policy_.on_erase(victim, EraseReason::kEvicted);
    used_ -= state_.erase(index_of(victim));
    --entries_;
    ++counts_.evictions;
  }

  const std::vector<std::uint32_t>& ids_;
  State state_;
  const std::uint64_t capacity_;
  policy::EvictionPolicy& policy_;
  const policy::PinSet nobody_pinned_;
  AccessInfo info_;
  OneTierCounts counts_;
  std::uint64_t used_ = 0;
  std::uint64_t entries_ = 0;
};

}  // namespace

OneTierCounts simulate_one_tier(const AccessColumns& columns, Bytes capacity,
                                policy::EvictionPolicy& policy) {
  OneTierCounts counts;
  switch (columns.form()) {
    case SizeForm::kUniform:
      counts = Simulation<UniformState>(columns, capacity, policy).run();
      break;
    case SizeForm::kPerObject:
      counts = Simulation<PerObjectState>(columns, capacity, policy).run();
      break;
    case SizeForm::kPerAccess:
      counts = Simulation<PerAccessState>(columns, capacity, policy).run();
      break;
  }
  counts.bytes_requested = columns.bytes_requested().value;
  return counts;
}

}  // namespace cachebench::cache

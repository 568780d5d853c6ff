// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/check.h"
#include "policy/accesses/one_tier.h"
#include "policy/eviction.h"
#include "policy/one_tier/replay_state.h"

/// The researcher's fast path: one tier, one eviction policy, plain accesses, no time and no bytes moved. It
/// shares policies with the tiered cache, and nothing else: no directory, admission, migration or watermarks.
/// A miss always inserts; an object larger than the capacity is not admitted and evicts nothing; a hit with
/// another size updates it, and eviction follows if needed. Every miss costs 1; the decision clock counts
/// accesses. The loop is a template over the policy's own class, so that its calls are direct and inlined:
/// describe_eviction.h instantiates it where a policy is registered. Stateless: concurrent calls may share
/// the columns, each needs a policy of its own. Nothing throws.
namespace cachebench::policy {

template <typename State, typename Policy>
class OneTierReplay {
 public:
  OneTierReplay(const OneTierInput& input, Policy& policy)
      : input_(input), state_(input.columns), capacity_(input.capacity.value), policy_(policy) {}

  OneTierCounts run() {
    const std::uint32_t* const ids = input_.columns.ids().data();
    const std::size_t total = input_.columns.accesses();
    const std::size_t prefetched = total > kPrefetchAhead ? total - kPrefetchAhead : 0;
    for (std::size_t i = 0; i < prefetched; ++i) {
      prefetch(ids[i + kPrefetchAhead]);
      access(i, ids[i]);
    }
    for (std::size_t i = prefetched; i < total; ++i) access(i, ids[i]);
    counts_.accesses = total;
    counts_.bytes_requested = input_.columns.bytes_requested().value;
    return counts_;
  }

 private:
  // How many accesses ahead the state of an object is asked from memory: enough to hide a miss of the
  // last-level cache behind the work of the accesses between, few enough to stay in the first level until
  // used.
  static constexpr std::size_t kPrefetchAhead = 12;

  void prefetch(std::uint32_t id) const {
    state_.prefetch(id);
    if constexpr (requires { policy_.prefetch(EntryId{id}); }) policy_.prefetch(EntryId{id});
  }

  void access(std::size_t i, std::uint32_t id) {
    const std::uint64_t size = state_.size(i, id);
    info_.bytes = Bytes{size};
    info_.now = Nanoseconds{static_cast<std::int64_t>(i)};
    info_.sequence = i;
    if (!input_.next_uses.empty()) {
      const std::uint32_t next = input_.next_uses[i];
      info_.next_use = next == kNoNextUse ? kNeverUsed : next;
    }
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
    policy_.on_arrival(EntryId{id}, info_);
    while (used_ > capacity_ - size) evict();
    policy_.on_insert(EntryId{id}, info_);
    state_.insert(id, size);
    used_ += size;
    ++entries_;
    counts_.peak_entries = std::max(counts_.peak_entries, entries_);
    counts_.peak_bytes = std::max(counts_.peak_bytes, used_);
  }

  void resize(std::uint32_t id, std::uint64_t size) {
    const std::uint64_t before = state_.occupied(id);
    if (before == size) return;
    used_ = used_ - before + size;
    state_.insert(id, size);
    while (used_ > capacity_) evict();
    counts_.peak_bytes = std::max(counts_.peak_bytes, used_);
  }

  void evict() {
    const EntryId victim = policy_.victim(nobody_pinned_);
    CACHEBENCH_CHECK(victim != kNoEntry, "no victim among {} entries of {} bytes", entries_, used_);
    policy_.on_erase(victim, EraseReason::kEvicted);
    used_ -= state_.erase(index_of(victim));
    --entries_;
    ++counts_.evictions;
  }

  const OneTierInput& input_;
  State state_;
  const std::uint64_t capacity_;
  Policy& policy_;
  const PinSet nobody_pinned_;
  AccessInfo info_;
  OneTierCounts counts_;
  std::uint64_t used_ = 0;
  std::uint64_t entries_ = 0;
};

/// Replays all accesses through an empty tier. REQUIRES: `policy` fresh, and `next_uses` there when it sees
/// the future.
template <typename Policy>
[[nodiscard]] OneTierCounts replay_one_tier(const OneTierInput& input, Policy& policy) {
  switch (input.columns.form()) {
    case SizeForm::kUniform:
      return OneTierReplay<UniformState, Policy>(input, policy).run();
    case SizeForm::kPerObject:
      return OneTierReplay<PerObjectState, Policy>(input, policy).run();
    case SizeForm::kPerAccess:
      return OneTierReplay<PerAccessState, Policy>(input, policy).run();
  }
  CACHEBENCH_CHECK(false, "unknown form of sizes");
}

/// The same by name. Throws Error{kUsage} for unknown names, parameters or values.
[[nodiscard]] OneTierCounts replay_one_tier(const OneTierInput& input, const NamedParameters& spec,
                                            std::uint64_t seed);

}  // namespace cachebench::policy

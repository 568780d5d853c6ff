// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "core/check.h"
#include "policy/accesses/one_tier.h"
#include "policy/eviction.h"
#include "policy/one_tier/replay_state.h"

/// The researcher's fast path: one tier, one eviction policy, plain accesses, no time and no bytes moved. It
/// shares policies with the tiered cache, and nothing else: no directory, admission, migration or watermarks.
/// A miss always inserts; an object larger than the capacity is not admitted and evicts nothing; a hit with
/// another size updates it, and eviction follows if needed. Every miss costs 1; the decision clock counts
/// accesses. The loop is a template over the policy's own class, so that its calls are direct and inlined:
/// describe_eviction.h instantiates it where a policy is registered, over columns, which any number of
/// replays share, and over a stream, which is read as it goes. Concurrent calls each need a policy of their
/// own. Nothing throws but the stream.
namespace cachebench::policy {

template <typename State, typename Policy>
class OneTierReplay {
 public:
  OneTierReplay(State state, Bytes capacity, Policy& policy)
      : state_(std::move(state)), capacity_(capacity.value), policy_(policy) {}

  /// The accesses that follow those before. `next_uses`: of these accesses, null where nothing asks for them.
  void feed(const AccessBlock& block, const std::uint32_t* next_uses) {
    state_.make_room(block.objects);
    // Counts are kept where no store of the policy can reach them, that is in registers.
    Progress progress = progress_;
    AccessInfo info;
    const std::size_t total = block.ids.size();
    for (std::size_t begin = 0; begin < total; begin += kPrefetched) {
      const std::size_t end = std::min(begin + kPrefetched, total);
      for (std::size_t i = begin; i < end; ++i) prefetch(block.ids[i]);
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint32_t id = block.ids[i];
        info.bytes = Bytes{state_.size(block, i, id)};
        info.sequence = accesses_ + i;
        info.now = Nanoseconds{static_cast<std::int64_t>(info.sequence)};
        if (next_uses != nullptr) info.next_use = next_uses[i] == kNoNextUse ? kNeverUsed : next_uses[i];
        access(EntryId{id}, info, progress);
      }
    }
    accesses_ += total;
    progress_ = progress;
  }

  /// All but the bytes requested.
  [[nodiscard]] OneTierCounts counts() const {
    OneTierCounts counts = progress_.counts;
    counts.accesses = accesses_;
    return counts;
  }

 private:
  // How many accesses' states are asked from memory at once: enough to hide misses of the last-level cache
  // behind each other, few enough to stay in the first level until used.
  static constexpr std::size_t kPrefetched = 64;
  struct Progress {
    OneTierCounts counts;
    std::uint64_t used = 0;
    std::uint64_t entries = 0;
  };

  void prefetch(std::uint32_t id) const {
    state_.prefetch(id);
    if constexpr (requires { policy_.prefetch(EntryId{id}); }) policy_.prefetch(EntryId{id});
  }

  void access(EntryId id, const AccessInfo& info, Progress& progress) {
    if (state_.is_resident(index_of(id))) {
      policy_.on_hit(id, info);
      if constexpr (State::kSizesChange) resize(index_of(id), info.bytes.value, progress);
    } else {
      miss(id, info, progress);
    }
  }

  void miss(EntryId id, const AccessInfo& info, Progress& progress) {
    const std::uint64_t size = info.bytes.value;
    OneTierCounts& counts = progress.counts;
    ++counts.misses;
    counts.bytes_missed += size;
    if (size > capacity_ || capacity_ == 0) return;
    policy_.on_arrival(id, info);
    while (progress.used > capacity_ - size) evict(progress);
    policy_.on_insert(id, info);
    state_.insert(index_of(id), size);
    progress.used += size;
    ++progress.entries;
    counts.peak_entries = std::max(counts.peak_entries, progress.entries);
    counts.peak_bytes = std::max(counts.peak_bytes, progress.used);
  }

  void resize(std::uint32_t id, std::uint64_t size, Progress& progress) {
    const std::uint64_t before = state_.occupied(id);
    if (before == size) return;
    progress.used = progress.used - before + size;
    state_.insert(id, size);
    while (progress.used > capacity_) evict(progress);
    progress.counts.peak_bytes = std::max(progress.counts.peak_bytes, progress.used);
  }

  void evict(Progress& progress) {
    const EntryId victim = policy_.victim(nobody_pinned_);
    if (victim == kNoEntry) [[unlikely]]
      fail(progress.entries, progress.used);
    policy_.on_erase(victim, EraseReason::kEvicted);
    progress.used -= state_.erase(index_of(victim));
    --progress.entries;
    ++progress.counts.evictions;
  }

  // By value: what is referred to cannot stay in registers.
  [[noreturn]] static void fail(std::uint64_t entries, std::uint64_t bytes) {
    CACHEBENCH_CHECK(false, "no victim among {} entries of {} bytes", entries, bytes);
  }

  State state_;
  const std::uint64_t capacity_;
  Policy& policy_;
  const PinSet nobody_pinned_;
  Progress progress_;
  std::uint64_t accesses_ = 0;
};

/// Replays all accesses through an empty tier. REQUIRES: `policy` fresh, and `next_uses` there when it sees
/// the future.
template <typename Policy>
[[nodiscard]] OneTierCounts replay_one_tier(const OneTierInput& input, Policy& policy) {
  const AccessColumns& columns = input.columns;
  const AccessBlock all{.ids = columns.ids(), .sizes = columns.access_sizes(), .objects = columns.objects()};
  const auto run = [&](auto state) {
    OneTierReplay<decltype(state), Policy> replay(std::move(state), input.capacity, policy);
    replay.feed(all, input.next_uses.empty() ? nullptr : input.next_uses.data());
    OneTierCounts counts = replay.counts();
    counts.bytes_requested = columns.bytes_requested().value;
    return counts;
  };
  switch (columns.form()) {
    case SizeForm::kUniform:
      return run(UniformState(columns.uniform_size()));
    case SizeForm::kPerObject:
      return run(PerObjectState(columns.object_sizes()));
    case SizeForm::kPerAccess:
      return run(PerAccessState());
  }
  CACHEBENCH_CHECK(false, "unknown form of sizes");
}

/// The same while the accesses are being read. REQUIRES: the policy does not see the future.
template <typename Policy>
[[nodiscard]] OneTierCounts replay_one_tier(AccessStream& stream, Bytes capacity, Policy& policy) {
  const auto run = [&](auto state) {
    OneTierReplay<decltype(state), Policy> replay(std::move(state), capacity, policy);
    std::uint64_t bytes = 0;
    for (AccessBlock block; stream.next(block);) {
      replay.feed(block, nullptr);
      bytes = std::accumulate(block.sizes.begin(), block.sizes.end(), bytes);
    }
    OneTierCounts counts = replay.counts();
    counts.bytes_requested = stream.has_sizes() ? bytes : counts.accesses;
    return counts;
  };
  return stream.has_sizes() ? run(PerAccessState()) : run(UniformState(1));
}

/// The same by name. Throws Error{kUsage} for unknown names, parameters or values.
[[nodiscard]] OneTierCounts replay_one_tier(const OneTierInput& input, const NamedParameters& spec,
                                            std::uint64_t seed);
[[nodiscard]] OneTierCounts replay_one_tier(AccessStream& stream, Bytes capacity, const NamedParameters& spec,
                                            std::uint64_t seed);

}  // namespace cachebench::policy

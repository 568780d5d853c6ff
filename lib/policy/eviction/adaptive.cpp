// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/rng.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// A small cache of sampled ids beside the real one, to see what a policy would have saved.
class Shadow {
 public:
  Shadow(std::unique_ptr<EvictionPolicy> policy, std::uint64_t capacity)
      : policy_(std::move(policy)), capacity_(capacity) {}

  /// A use or an arrival; what it saved, 0 at a miss.
  double access(EntryId id, const AccessInfo& access) {
    const std::uint64_t bytes = access.bytes.value;
    if (index_of(id) >= held_.size()) {
      held_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * held_.size()));
    }
    if (held_[index_of(id)] != 0) {
      policy_->on_hit(id, access);
      used_ = used_ - (held_[index_of(id)] - 1) + bytes;
      held_[index_of(id)] = bytes + 1;
      while (used_ > capacity_ && evict()) {
      }
      return static_cast<double>(std::max<std::int64_t>(1, access.loss.count()));
    }
    if (bytes > capacity_) return 0;
    policy_->on_arrival(id, access);
    while (used_ > capacity_ - bytes && evict()) {
    }
    policy_->on_insert(id, access);
    held_[index_of(id)] = bytes + 1;
    used_ += bytes;
    return 0;
  }
  void remove(EntryId id) {
    if (index_of(id) >= held_.size() || held_[index_of(id)] == 0) return;
    leave(id, EraseReason::kRemoved);
  }

 private:
  bool evict() {
    const EntryId victim = policy_->victim(nobody_pinned_);
    if (victim == kNoEntry) return false;
    leave(victim, EraseReason::kEvicted);
    return true;
  }
  void leave(EntryId id, EraseReason reason) {
    policy_->on_erase(id, reason);
    used_ -= held_[index_of(id)] - 1;
    held_[index_of(id)] = 0;
  }

  std::unique_ptr<EvictionPolicy> policy_;
  std::uint64_t capacity_;
  std::uint64_t used_ = 0;
  std::vector<std::uint64_t> held_;  // by id: bytes + 1, 0 = absent
  const PinSet nobody_pinned_;
};

/// Follows whichever of several policies saves most in sampled shadow caches: one id of 2^`sample`, drawn by
/// hash, in 1/2^`sample` of the capacity (miniature simulation; Waldspurger et al. 2017). Savings are what
/// the hits' loss adds up to, faded over `memory` sampled accesses. Every candidate keeps its order of the
/// real entries all the time, so that a switch is a switch at once; it happens when another leads by more
/// than `margin`. Costs the sum of its candidates; shadows add their share of accesses, which is reported.
class Adaptive final : public EvictionPolicy {
 public:
  Adaptive(const EvictionContext& context, const Parameters& parameters)
      : margin_(parameters.get("margin")),
        fade_(1 - 1 / parameters.get("memory")),
        salt_(splitmix64(context.seed)),
        mask_((std::uint64_t{1} << static_cast<unsigned>(parameters.get("sample"))) - 1) {
    EvictionContext mini = context;
    mini.capacity = Bytes{context.capacity.value / (mask_ + 1)};
    mini.expected_entries = 0;
    mini.learning = nullptr;  // what shadows see must teach nobody else
    for (const char* name : kNames) {
      if (parameters.get(name) == 0) continue;
      const NamedParameters spec{.name = name, .values = {}};
      candidates_.push_back({.name = name,
                             .policy = make_eviction(spec, context),
                             .shadow = Shadow(make_eviction(spec, mini), mini.capacity.value)});
    }
    if (candidates_.empty()) {  // everything switched off: the plainest
      const NamedParameters spec{.name = "lru", .values = {}};
      candidates_.push_back({.name = "lru",
                             .policy = make_eviction(spec, context),
                             .shadow = Shadow(make_eviction(spec, mini), mini.capacity.value)});
    }
  }

  void on_arrival(EntryId id, const AccessInfo& access) override {
    for (Candidate& candidate : candidates_) candidate.policy->on_arrival(id, access);
  }
  void on_insert(EntryId id, const AccessInfo& access) override {
    for (Candidate& candidate : candidates_) candidate.policy->on_insert(id, access);
    watch(id, access);
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    for (Candidate& candidate : candidates_) candidate.policy->on_hit(id, access);
    watch(id, access);
  }
  void on_erase(EntryId id, EraseReason reason) override {
    for (Candidate& candidate : candidates_) {
      candidate.policy->on_erase(id, reason);
      if (reason == EraseReason::kRemoved && is_sampled(id)) candidate.shadow.remove(id);
    }
  }
  EntryId victim(const PinSet& pins) override { return candidates_[active_].policy->victim(pins); }

  void report_facts(std::map<std::string, double>& facts) const override {
    facts["switches"] = static_cast<double>(switches_);
    facts["accesses"] = static_cast<double>(accesses_);
    facts["shadow_accesses"] = static_cast<double>(sampled_) * static_cast<double>(candidates_.size());
    facts["shadow_accesses_ratio"] =
        accesses_ == 0 ? 0 : facts["shadow_accesses"] / static_cast<double>(accesses_);
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      facts["active_" + candidates_[i].name] = i == active_ ? 1 : 0;
      facts["saved_" + candidates_[i].name] = candidates_[i].saved;
    }
  }

 private:
  static constexpr const char* kNames[] = {"lhd-c", "gdsf-t", "lru", "lfu", "s3fifo"};
  static constexpr std::uint64_t kCheckEvery = 64;  // sampled accesses
  struct Candidate {
    std::string name;
    std::unique_ptr<EvictionPolicy> policy;
    Shadow shadow;
    double saved = 0;
  };

  [[nodiscard]] bool is_sampled(EntryId id) const { return (splitmix64(index_of(id) ^ salt_) & mask_) == 0; }

  void watch(EntryId id, const AccessInfo& access) {
    ++accesses_;
    if (!is_sampled(id)) return;
    for (Candidate& candidate : candidates_) {
      candidate.saved = candidate.saved * fade_ + candidate.shadow.access(id, access);
    }
    if (++sampled_ % kCheckEvery == 0) follow_best();
  }

  void follow_best() {
    std::size_t best = active_;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (candidates_[i].saved > candidates_[best].saved) best = i;
    }
    if (candidates_[best].saved <= candidates_[active_].saved * (1 + margin_)) return;
    active_ = best;
    ++switches_;
  }

  const double margin_;
  const double fade_;
  const std::uint64_t salt_;
  const std::uint64_t mask_;
  std::vector<Candidate> candidates_;
  std::size_t active_ = 0;
  std::uint64_t accesses_ = 0;
  std::uint64_t sampled_ = 0;
  std::uint64_t switches_ = 0;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Adaptive>(
        {.name = "adaptive",
         .summary = "follows whichever of several policies saves most in sampled shadow caches",
         .source = "this project; miniature caches after Waldspurger et al.: Cache modeling and optimization "
                   "using miniature simulations, 2017",
         .random = true,
         .uses_profile = true,
         .parameters = {{"sample", 4, 0, 20, "one id of 2 to this power goes to the shadows"},
                        {"margin", 0.05, 0, 100, "lead that another candidate needs, a share"},
                        {"memory", 4096, 16, 1e9, "sampled accesses that savings are faded over"},
                        {"lhd-c", 1, 0, 1, "0: no candidate"},
                        {"gdsf-t", 1, 0, 1, "0: no candidate"},
                        {"lru", 1, 0, 1, "0: no candidate"},
                        {"lfu", 1, 0, 1, "0: no candidate"},
                        {"s3fifo", 1, 0, 1, "0: no candidate"}}})});

}  // namespace
}  // namespace cachebench::policy

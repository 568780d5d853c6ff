// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "policy/hit_density.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/sampling.h"

namespace cachebench::policy {
namespace {

/// Least hit density: among a few residents drawn at random, and some new ones that looked poor on arrival,
/// evicts the one expected to hit least per byte and time it occupies (hit_density.h). A few entries, the
/// explorers, are never evicted while others are at hand, so that what the policy would not keep is learnt
/// about too. Sizes count as shares of the capacity, so that scale does not matter. O(samples) an eviction;
/// 4 bytes an id, 16 an entry, 3.8 MB.
class Lhd final : public EvictionPolicy {
 public:
  Lhd(const EvictionContext& context, const Parameters& parameters)
      : capacity_(static_cast<double>(std::max<std::uint64_t>(context.capacity.value, 1))),
        samples_(static_cast<std::uint32_t>(parameters.get("samples"))),
        suspects_(static_cast<std::size_t>(parameters.get("admissions")), kNoEntry),
        explorer_budget_(parameters.get("explorer_ratio")),
        draws_(context.seed) {
    residents_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    Resident& resident = residents_.insert({.id = id, .klass = HitDensity::class_of(HitDensity::kAges)});
    const bool explores = touch(resident, access);
    if (!explores && !suspects_.empty() && merit(resident) < mean_victim_merit_) {
      suspects_[next_suspect_++ % suspects_.size()] = id;
    }
    tick();
  }

  void on_hit(EntryId id, const AccessInfo& access) override {
    choice_.forget(id);
    Resident& resident = residents_.of(id);
    const std::uint32_t age = age_of(resident);
    model_.count_hit(resident.klass, age);
    release_explorer(resident);
    resident.klass = HitDensity::class_of(age + resident.last_hit_age);
    resident.last_hit_age = static_cast<std::uint16_t>(age);
    touch(resident, access);
    tick();
  }

  void on_erase(EntryId id, EraseReason reason) override {
    choice_.forget();
    Resident& resident = residents_.of(id);
    if (reason == EraseReason::kEvicted) model_.count_eviction(resident.klass, age_of(resident));
    release_explorer(resident);
    residents_.erase(id);
  }

  EntryId victim(const PinSet& pins) override {
    if (choice_.stands(pins)) return choice_.id();
    if (residents_.empty()) return kNoEntry;
    Least least;
    // Fewer samples while little is known.
    const std::uint32_t samples = model_.updates() > kEarlyUpdates ? samples_ : std::min(samples_, 8U);
    for (std::uint32_t i = 0; i < samples; ++i) {
      offer(least, residents_.at(draws_.below(residents_.size())), pins);
    }
    for (const EntryId suspect : suspects_) {
      if (const Resident* resident = residents_.find(suspect)) offer(least, *resident, pins);
    }
    for (std::size_t slot = 0; least.resident == nullptr && slot < residents_.size(); ++slot) {
      offer(least, residents_.at(slot), pins);
    }
    if (least.resident == nullptr) return kNoEntry;
    mean_victim_merit_ = 0.9F * mean_victim_merit_ + 0.1F * merit(*least.resident);
    return choice_.remember(least.resident->id);
  }

  void prefetch(EntryId id) const { residents_.prefetch(id); }

 private:
  static constexpr std::uint32_t kEarlyUpdates = 50;
  static constexpr std::uint32_t kExplorersOneIn = 32;

  struct Resident {
    EntryId id = kNoEntry;
    std::uint32_t touched = 0;       // number of the access, modulo 2^32
    float per_size = 0;              // 1 over its share of the capacity
    std::uint16_t last_hit_age = 0;  // 0 for a new one
    std::uint8_t klass = 0;
    bool explores = false;
  };

  [[nodiscard]] std::uint32_t age_of(const Resident& resident) const {
    return model_.age(now_ - resident.touched);
  }

  [[nodiscard]] float merit(const Resident& resident) const {
    return model_.density(resident.klass, age_of(resident)) * resident.per_size;
  }

  struct Least {
    const Resident* resident = nullptr;
    float rank = std::numeric_limits<float>::infinity();
  };
  // Explorers last, unless hopeless; then by merit.
  void offer(Least& least, const Resident& resident, const PinSet& pins) const {
    const float rank = merit(resident) + (resident.explores ? kExplorerBonus : 0);
    // Unforeseeable, hence without a branch.
    const bool is_less = (rank < least.rank) & !pins.is_pinned(resident.id);
    least.resident = is_less ? &resident : least.resident;
    least.rank = is_less ? rank : least.rank;
  }

  // Whether it was drawn to explore, budget or not.
  bool touch(Resident& resident, const AccessInfo& access) {
    resident.touched = now_;
    const double share = static_cast<double>(std::max<std::uint64_t>(access.bytes.value, 1)) / capacity_;
    resident.per_size = static_cast<float>(1 / share);
    const bool drawn = draws_.below(kExplorersOneIn) == 0;
    if (drawn && model_.updates() < kEarlyUpdates && explorer_budget_ >= share) {
      resident.explores = true;
      explorer_budget_ -= share;
    }
    return drawn;
  }

  void release_explorer(Resident& resident) {
    if (!resident.explores) return;
    explorer_budget_ += 1 / static_cast<double>(resident.per_size);
    resident.explores = false;
  }

  void tick() {
    ++now_;
    model_.advance(residents_.size());
  }

  static constexpr float kExplorerBonus = 1e20F;

  HitDensity model_;
  ResidentTable<Resident> residents_;
  double capacity_;
  std::uint32_t samples_;
  std::vector<EntryId> suspects_;  // the last to look poor on arrival
  std::size_t next_suspect_ = 0;
  float mean_victim_merit_ = 0;
  double explorer_budget_;  // share of the capacity
  std::uint32_t now_ = 0;
  Draws draws_;
  LastChoice choice_;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Lhd>(
        {.name = "lhd",
         .summary = "evicts the least expected hits per byte and time, learnt by age, among a sample",
         .source =
             "Beckmann, Chen, Cidon: LHD: improving cache hit rate by maximizing hit density, NSDI 2018",
         .random = true,
         .parameters = {{"samples", 32, 1, 1024, "residents drawn for an eviction; 8 until much is known"},
                        {"admissions", 8, 0, 64, "new entries that looked poor, considered beside them"},
                        {"explorer_ratio", 0.01, 0, 0.5,
                         "share of the capacity kept for entries that are spared to learn"}}})});

}  // namespace
}  // namespace cachebench::policy

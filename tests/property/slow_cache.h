// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hardware/cost.h"
#include "policy/admission.h"
#include "policy/migration.h"

/// The tiers as a page of obvious code: what the engine decides, found by scanning everything every time.
/// Knows lru, fifo and lfu. Migrations that are a line each are written out here once more; others, and
/// admission, are asked as the engine asks them, each with this cache's own answers about tiers. No
/// watermarks, no pins. For model checks only. One thread.
namespace cachebench::test {

class SlowCache final : private policy::TierView {
 public:
  struct Tier {
    std::uint64_t capacity;
    std::string policy;
    std::string admission = "always";
  };
  struct Counts {
    std::uint64_t hits = 0;
    std::uint64_t evictions = 0;
    std::uint64_t promotions = 0;
    std::uint64_t demotions = 0;
    bool operator==(const Counts&) const = default;
  };

  /// `costs` outlives this; entries cost `recompute` each.
  SlowCache(std::vector<Tier> tiers, std::string migration, const hardware::CostModel& costs,
            Nanoseconds recompute)
      : tiers_(std::move(tiers)),
        migration_(std::move(migration)),
        costs_(costs),
        recompute_(recompute),
        copies_(tiers_.size()),
        counts_(tiers_.size()),
        residence_(tiers_.size()) {
    for (std::size_t i = 0; i < tiers_.size(); ++i) {
      layout_.capacity[i] = Bytes{tiers_[i].capacity};
      admission_.push_back(policy::make_admission({tiers_[i].admission, {}}, layout_.capacity[i]));
    }
    layout_.count = tiers_.size();
    asked_ = policy::make_migration({migration_, {}}, layout_);
  }

  /// Where a look-up at `now` finds the key; moves it as a hit does.
  std::optional<std::size_t> access(int key, std::uint64_t bytes, Nanoseconds now) {
    now_ = now;
    Known& known = known_[key];
    known.bytes = bytes;
    known.last_gap = known.uses == 0 ? 0 : sequence_ - known.last_use;
    known.last_use = sequence_;
    ++known.uses;
    asked_->on_access(id_of(key), info_of(key));
    for (const auto& admission : admission_) admission->on_access(id_of(key), info_of(key));
    const std::optional<std::size_t> tier = where(key);
    if (tier) {
      ++counts_[*tier].hits;
      Copy& copy = copies_[*tier].at(key);
      ++copy.uses;
      copy.last_use = copy.reached_frequency = ++clock_;
      follow(key, *tier, on_hit(key, *tier));
    }
    ++sequence_;
    return tier;
  }

  /// Offers a computed entry; where it is now.
  std::optional<std::size_t> put(int key, std::uint64_t bytes) {
    known_[key].bytes = bytes;
    if (const auto resident = where(key)) {
      Copy& copy = copies_[*resident].at(key);
      ++copy.uses;
      copy.last_use = copy.reached_frequency = ++clock_;
      return resident;
    }
    std::vector<bool> wanted = on_put(key);
    for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
      if (!wanted[tier] || bytes <= tiers_[tier].capacity) continue;
      wanted[tier] = false;
      if (tier + 1 < tiers_.size()) wanted[tier + 1] = true;
    }
    for (std::size_t tier = tiers_.size(); tier-- > 0;) {
      if (!wanted[tier] || !admits(key, tier, Level::kNone)) continue;
      make_room(tier, bytes);
      insert(tier, key);
    }
    return where(key);
  }

  [[nodiscard]] std::optional<std::size_t> where(int key) const {
    for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
      if (copies_[tier].count(key) != 0) return tier;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool has(std::size_t tier, int key) const { return copies_[tier].count(key) != 0; }
  [[nodiscard]] const Counts& counts(std::size_t tier) const { return counts_[tier]; }
  [[nodiscard]] std::uint64_t used(std::size_t tier) const {
    std::uint64_t sum = 0;
    for (const auto& [key, copy] : copies_[tier]) sum += known_.at(key).bytes;
    return sum;
  }

 private:
  struct Copy {
    std::uint64_t inserted;
    std::uint64_t last_use;
    std::uint64_t uses = 1;
    std::uint64_t reached_frequency;
  };
  struct Known {
    std::uint64_t bytes = 0;
    std::uint64_t last_use = 0;
    std::uint64_t last_gap = 0;
    std::uint32_t uses = 0;
    int hits = 0;  // since it was computed
  };

  // What the policies are asked, and what the simple ones answer.
  [[nodiscard]] bool is(const char* name) const { return migration_ == name; }
  [[nodiscard]] bool is_written_here() const {
    return is("none") || is("promote-on-hit") || is("demote-on-evict") || is("write-through") ||
           is("write-through-selective") || is("write-back");
  }
  std::vector<bool> on_put(int key) {
    known_[key].hits = 0;
    std::vector<bool> wanted(tiers_.size(), is("write-through"));
    if (is_written_here()) {
      wanted[0] = true;
    } else {
      const policy::LevelSet levels = asked_->on_put(query_of(key));
      for (std::size_t i = 0; i < tiers_.size(); ++i) wanted[i] = levels.has(level_at(i));
    }
    return wanted;
  }
  policy::HitMove on_hit(int key, std::size_t at) {
    if (!is_written_here()) return asked_->on_hit(query_of(key), level_at(at));
    policy::HitMove move;
    if (is("none")) return move;
    for (std::size_t to = at; to-- > 0;) {
      if (known_[key].bytes <= tiers_[to].capacity) move.target = level_at(to);
    }
    move.keep_source = !is("demote-on-evict");
    if (is("write-through-selective") && ++known_[key].hits == 2) {
      for (std::size_t i = 1; i < tiers_.size(); ++i) move.also.add(level_at(i));
    }
    return move;
  }
  std::optional<Level> on_evict(int key, std::size_t from) {
    if (!is_written_here()) return asked_->on_evict(query_of(key), level_at(from));
    if (!is("demote-on-evict") && !is("write-back")) return std::nullopt;
    for (std::size_t i = from + 1; is("write-back") && i < tiers_.size(); ++i) {
      if (has(i, key)) return std::nullopt;
    }
    return next_lower(layout_, level_at(from), Bytes{known_[key].bytes});
  }

  // What they are told.
  static EntryId id_of(int key) { return EntryId{static_cast<std::uint32_t>(key)}; }
  [[nodiscard]] policy::AccessInfo info_of(int key) const {
    const Known& known = known_.at(key);
    return {.bytes = Bytes{known.bytes},
            .cost = recompute_,
            .loss = recompute_,
            .now = now_,
            .sequence = sequence_,
            .uses = known.uses,
            .last_use = known.last_use,
            .last_gap = known.last_gap};
  }
  [[nodiscard]] policy::MigrationQuery query_of(int key) {
    policy::LevelSet copies;
    for (std::size_t i = 0; i < tiers_.size(); ++i) {
      if (has(i, key)) copies.add(level_at(i));
    }
    return {.id = id_of(key), .access = info_of(key), .copies = copies, .tiers = this};
  }
  [[nodiscard]] Nanoseconds loss_of(int key, std::size_t tier, bool written_down) const {
    const Bytes bytes{known_.at(key).bytes};
    std::size_t next = tier + 1;
    while (next < tiers_.size() && !has(next, key)) ++next;
    if (next == tiers_.size() && written_down) {
      if (const auto to = asked_->demotes_to(level_at(tier), bytes)) next = index_of(*to);
    }
    Nanoseconds cost = recompute_;
    if (next < tiers_.size()) cost = std::min(cost, fetch(level_at(next), bytes));
    return std::max(Nanoseconds{0}, cost - fetch(level_at(tier), bytes));
  }
  [[nodiscard]] bool admits(int key, std::size_t tier, Level from) {
    policy::AdmissionQuery query{
        .id = id_of(key), .access = info_of(key), .level = level_at(tier), .from = from, .tiers = this};
    query.access.loss = loss_of(key, tier, false);
    return admission_[tier]->admit(query);
  }
  static hardware::Medium medium(Level level) { return static_cast<hardware::Medium>(index_of(level)); }
  [[nodiscard]] Nanoseconds fetch(Level level, Bytes bytes) const override {
    return costs_.fetch(medium(level), bytes).total();
  }
  [[nodiscard]] Nanoseconds write(Level from, Level to, Bytes bytes) const override {
    if (from == Level::kNone) from = Level::kL1;
    return from == to ? Nanoseconds{0} : costs_.copy(medium(from), medium(to), bytes).total();
  }
  [[nodiscard]] std::span<const policy::Victim> victims(Level level, Bytes bytes) override {
    const std::size_t tier = index_of(level);
    leaving_.clear();
    auto left = copies_[tier];
    std::uint64_t held = used(tier);
    while (held + bytes.value > tiers_[tier].capacity && !left.empty() && leaving_.size() < kMaxVictims) {
      const int key = choose(left, tiers_[tier].policy);
      left.erase(key);
      held -= known_.at(key).bytes;
      leaving_.push_back({id_of(key), Bytes{known_.at(key).bytes}, loss_of(key, tier, true)});
    }
    return leaving_;
  }
  [[nodiscard]] double residence(Level level) const override {
    const double mean = residence_[index_of(level)];
    return mean == 0 ? std::numeric_limits<double>::infinity() : mean;
  }

  // What is done.
  void follow(int key, std::size_t from, const policy::HitMove& move) {
    if (move.target != Level::kNone && !has(index_of(move.target), key)) {
      const std::size_t to = index_of(move.target);
      if (!move.keep_source) copies_[from].erase(key);
      make_room(to, known_[key].bytes);
      insert(to, key);
      ++counts_[to].promotions;
    }
    for (std::size_t to = 1; to < tiers_.size(); ++to) {
      const std::size_t top = *where(key);
      if (!move.also.has(level_at(to)) || has(to, key) || top >= to) continue;
      if (known_[key].bytes > tiers_[to].capacity || !admits(key, to, level_at(top))) continue;
      make_room(to, known_[key].bytes);
      insert(to, key);
      ++counts_[to].demotions;
    }
  }
  void make_room(std::size_t tier, std::uint64_t bytes) {
    while (used(tier) + bytes > tiers_[tier].capacity) evict(tier);
  }
  void evict(std::size_t tier) {
    const int victim = choose(copies_[tier], tiers_[tier].policy);
    const std::uint64_t bytes = known_[victim].bytes;
    const auto idle = static_cast<double>(sequence_ - known_[victim].last_use);
    residence_[tier] = residence_[tier] == 0 ? idle : residence_[tier] + (idle - residence_[tier]) / 64;
    copies_[tier].erase(victim);
    ++counts_[tier].evictions;
    const std::optional<Level> wanted = on_evict(victim, tier);
    if (!wanted || has(index_of(*wanted), victim)) return;
    const std::size_t to = index_of(*wanted);
    if (!admits(victim, to, level_at(tier))) return;
    make_room(to, bytes);
    insert(to, victim);
    ++counts_[to].demotions;
  }
  void insert(std::size_t tier, int key) {
    ++clock_;
    copies_[tier].emplace(key, Copy{clock_, clock_, 1, clock_});
  }
  [[nodiscard]] static int choose(const std::map<int, Copy>& copies, const std::string& policy) {
    const auto rank = [&](const Copy& copy) {
      if (policy == "fifo") return std::pair{std::uint64_t{0}, copy.inserted};
      if (policy == "lru") return std::pair{std::uint64_t{0}, copy.last_use};
      return std::pair{copy.uses, copy.reached_frequency};  // lfu: longest at its frequency goes first
    };
    return std::min_element(copies.begin(), copies.end(),
                            [&](const auto& a, const auto& b) { return rank(a.second) < rank(b.second); })
        ->first;
  }

  std::vector<Tier> tiers_;
  std::string migration_;
  const hardware::CostModel& costs_;
  Nanoseconds recompute_;
  policy::TierLayout layout_;
  std::unique_ptr<policy::MigrationPolicy> asked_;
  std::vector<std::unique_ptr<policy::AdmissionPolicy>> admission_;
  std::vector<std::map<int, Copy>> copies_;
  std::map<int, Known> known_;
  std::vector<Counts> counts_;
  std::vector<double> residence_;
  std::vector<policy::Victim> leaving_;
  std::uint64_t clock_ = 0;
  std::uint64_t sequence_ = 0;
  Nanoseconds now_{0};
};

}  // namespace cachebench::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The tiers as a page of obvious code: what the engine decides, found by scanning everything every time.
/// Knows lru, fifo and lfu and the migrations without thresholds; no watermarks, no pins. For model checks
/// only.
namespace cachebench::test {

class SlowCache {
 public:
  struct Tier {
    std::uint64_t capacity;
    std::string policy;
  };
  struct Counts {
    std::uint64_t hits = 0;
    std::uint64_t evictions = 0;
    std::uint64_t promotions = 0;
    std::uint64_t demotions = 0;
    bool operator==(const Counts&) const = default;
  };

  SlowCache(std::vector<Tier> tiers, std::string migration)
      : tiers_(std::move(tiers)),
        migration_(std::move(migration)),
        copies_(tiers_.size()),
        counts_(tiers_.size()) {}

  /// Where a look-up finds the key; moves it as a hit does.
  std::optional<std::size_t> access(int key) {
    for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
      const auto found = copies_[tier].find(key);
      if (found == copies_[tier].end()) continue;
      ++counts_[tier].hits;
      ++found->second.uses;
      found->second.last_use = ++clock_;
      found->second.reached_frequency = clock_;
      if (tier > 0 && migration_ != "none" && migration_ != "seed") promote(key, tier, found->second.bytes);
      return tier;
    }
    return std::nullopt;
  }

  /// Offers a computed entry; where it is now.
  std::optional<std::size_t> put(int key, std::uint64_t bytes) {
    if (const auto resident = where(key)) {
      Copy& copy = copies_[*resident].at(key);
      ++copy.uses;
      copy.last_use = copy.reached_frequency = ++clock_;
      return resident;
    }
    for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
      if (bytes > tiers_[tier].capacity) continue;
      make_room(tier, bytes);
      insert(tier, key, bytes);
      return tier;
    }
    return std::nullopt;
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
    for (const auto& [key, copy] : copies_[tier]) sum += copy.bytes;
    return sum;
  }

 private:
  struct Copy {
    std::uint64_t bytes;
    std::uint64_t inserted;
    std::uint64_t last_use;
    std::uint64_t uses = 1;
    std::uint64_t reached_frequency;
  };

  void promote(int key, std::size_t from, std::uint64_t bytes) {
    std::size_t to = 0;
    while (to < from && bytes > tiers_[to].capacity) ++to;
    if (to == from || copies_[to].count(key) != 0) return;
    if (migration_ == "demote-on-evict") copies_[from].erase(key);
    make_room(to, bytes);
    insert(to, key, bytes);
    ++counts_[to].promotions;
  }

  void make_room(std::size_t tier, std::uint64_t bytes) {
    while (used(tier) + bytes > tiers_[tier].capacity) evict(tier);
  }

  void evict(std::size_t tier) {
    const int victim = choose(tier);
    const std::uint64_t bytes = copies_[tier].at(victim).bytes;
    copies_[tier].erase(victim);
    ++counts_[tier].evictions;
    if (migration_ != "demote-on-evict") return;
    std::size_t to = tier + 1;
    while (to < tiers_.size() && bytes > tiers_[to].capacity) ++to;
    if (to == tiers_.size()) return;
    make_room(to, bytes);
    insert(to, victim, bytes);
    ++counts_[to].demotions;
  }

  void insert(std::size_t tier, int key, std::uint64_t bytes) {
    ++clock_;
    copies_[tier].emplace(key, Copy{bytes, clock_, clock_, 1, clock_});
  }

  [[nodiscard]] int choose(std::size_t tier) const {
    const std::string& policy = tiers_[tier].policy;
    const auto rank = [&](const Copy& copy) {
      if (policy == "fifo") return std::pair{std::uint64_t{0}, copy.inserted};
      if (policy == "lru") return std::pair{std::uint64_t{0}, copy.last_use};
      return std::pair{copy.uses, copy.reached_frequency};  // lfu: longest at its frequency goes first
    };
    const auto& copies = copies_[tier];
    return std::min_element(copies.begin(), copies.end(),
                            [&](const auto& a, const auto& b) { return rank(a.second) < rank(b.second); })
        ->first;
  }

  std::vector<Tier> tiers_;
  std::string migration_;
  std::vector<std::map<int, Copy>> copies_;
  std::vector<Counts> counts_;
  std::uint64_t clock_ = 0;
};

}  // namespace cachebench::test

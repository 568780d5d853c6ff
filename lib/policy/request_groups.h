// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/ids.h"
#include "policy/access_info.h"

/// Entries in groups that share a name, a request's and a class's say, each in order of depth. What one
/// request left behind in a cache leaves it as one piece, tail first: a block is of no use once one before it
/// is gone. Slots of groups are stable and reused; `live()` lists those in use, in an order that depends on
/// history alone. Adding is O(1) where entries come in order of depth, up or down; all else is O(1). 16 bytes
/// an id. Owned by one policy; one thread. Misuse is a programmer error.
namespace cachebench::policy {

class RequestGroups {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  struct Group {
    EntryId front = kNoEntry;  ///< least deep
    EntryId back = kNoEntry;
    std::uint64_t name = 0;
    std::uint64_t serial = 0;  ///< tells it from others that had or will have its slot
    std::uint32_t place = 0;   ///< in live()
    bool named = false;        ///< others may join
  };

  /// Puts `id` into the group of that name; REQUIRES: in none.
  void add(EntryId id, std::uint64_t name, std::uint32_t depth) {
    const auto [found, is_new] = by_name_.try_emplace(name, kNone);
    if (is_new) found->second = open(name, true);
    link(id, found->second, depth);
  }
  /// Puts `id` into a group of its own; REQUIRES: in none.
  void add_alone(EntryId id) { link(id, open(0, false), 0); }
  /// REQUIRES: in a group.
  void remove(EntryId id) {
    Link& link = links_[index_of(id)];
    Group& group = groups_[link.group];
    (link.previous == kNoEntry ? group.front : links_[index_of(link.previous)].next) = link.next;
    (link.next == kNoEntry ? group.back : links_[index_of(link.next)].previous) = link.previous;
    if (group.front == kNoEntry) close(link.group);
    link.group = kNone;
  }

  /// Slots of the groups that have entries.
  [[nodiscard]] const std::vector<std::uint32_t>& live() const { return live_; }
  [[nodiscard]] const Group& group(std::uint32_t slot) const { return groups_[slot]; }
  [[nodiscard]] std::uint32_t group_of(EntryId id) const {
    return index_of(id) < links_.size() ? links_[index_of(id)].group : kNone;
  }
  /// The deepest entry that is not pinned; kNoEntry when all are.
  [[nodiscard]] EntryId deepest(std::uint32_t slot, const PinSet& pins) const {
    EntryId id = groups_[slot].back;
    while (id != kNoEntry && pins.is_pinned(id)) id = links_[index_of(id)].previous;
    return id;
  }

 private:
  struct Link {
    EntryId previous = kNoEntry;
    EntryId next = kNoEntry;
    std::uint32_t group = kNone;
    std::uint32_t depth = 0;
  };

  std::uint32_t open(std::uint64_t name, bool named) {
    std::uint32_t slot = static_cast<std::uint32_t>(groups_.size());
    if (free_.empty()) {
      groups_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    groups_[slot] = {.front = kNoEntry,
                     .back = kNoEntry,
                     .name = name,
                     .serial = ++opened_,
                     .place = static_cast<std::uint32_t>(live_.size()),
                     .named = named};
    live_.push_back(slot);
    return slot;
  }

  void close(std::uint32_t slot) {
    Group& group = groups_[slot];
    group.serial = 0;
    if (group.named) by_name_.erase(group.name);
    live_[group.place] = live_.back();
    groups_[live_.back()].place = group.place;
    live_.pop_back();
    free_.push_back(slot);
  }

  void link(EntryId id, std::uint32_t slot, std::uint32_t depth) {
    if (index_of(id) >= links_.size()) [[unlikely]] {
      links_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * links_.size()));
    }
    Group& group = groups_[slot];
    EntryId before = group.back;  // the entry it comes after
    if (group.front != kNoEntry && depth < links_[index_of(group.front)].depth) before = kNoEntry;
    while (before != kNoEntry && links_[index_of(before)].depth > depth)
      before = links_[index_of(before)].previous;
    const EntryId after = before == kNoEntry ? group.front : links_[index_of(before)].next;
    links_[index_of(id)] = {before, after, slot, depth};
    (before == kNoEntry ? group.front : links_[index_of(before)].next) = id;
    (after == kNoEntry ? group.back : links_[index_of(after)].previous) = id;
  }

  std::vector<Link> links_;  // by id
  std::vector<Group> groups_;
  std::vector<std::uint32_t> live_;
  std::vector<std::uint32_t> free_;
  std::uint64_t opened_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> by_name_;  // never iterated
};

}  // namespace cachebench::policy

// SPDX-License-Identifier: Apache-2.0
#include "cache/expiry_queue.h"

#include <algorithm>
#include <bit>

#include "core/check.h"

namespace cachebench::cache {

ExpiryQueue::ExpiryQueue() : slots_(kLevels * kSlots) {}

ExpiryQueue::Place ExpiryQueue::place_of(std::int64_t deadline) const {
  const auto differs = static_cast<std::uint64_t>(deadline) ^ static_cast<std::uint64_t>(time_);
  const int highest = differs == 0 ? 0 : static_cast<int>(std::bit_width(differs)) - 1;
  const auto level = static_cast<std::size_t>(highest / kBits);
  const auto digit = static_cast<std::uint64_t>(deadline) >> (level * kBits);
  return {.level = level, .slot = static_cast<std::size_t>(digit % kSlots)};
}

void ExpiryQueue::link(EntryId id) {
  Node& node = nodes_[index_of(id)];
  const Place place = place_of(node.deadline);
  Slot& slot = slots_[place.level * kSlots + place.slot];
  node.previous = slot.last;
  node.next = kNoEntry;
  (slot.last == kNoEntry ? slot.first : nodes_[index_of(slot.last)].next) = id;
  slot.last = id;
  occupied_[place.level] |= std::uint64_t{1} << place.slot;
}

void ExpiryQueue::unlink(EntryId id) {
  const Node& node = nodes_[index_of(id)];
  const Place place = place_of(node.deadline);
  Slot& slot = slots_[place.level * kSlots + place.slot];
  (node.previous == kNoEntry ? slot.first : nodes_[index_of(node.previous)].next) = node.next;
  (node.next == kNoEntry ? slot.last : nodes_[index_of(node.next)].previous) = node.previous;
  if (slot.first == kNoEntry) occupied_[place.level] &= ~(std::uint64_t{1} << place.slot);
}

void ExpiryQueue::set(EntryId id, Nanoseconds deadline) {
  if (index_of(id) >= nodes_.size()) {
    if (deadline == kNever) return;
    nodes_.resize(std::size_t{index_of(id)} + 1);
  }
  Node& node = nodes_[index_of(id)];
  if (node.deadline != kNever.count()) {
    unlink(id);
    --size_;
  }
  node.deadline = deadline.count();
  if (deadline == kNever) return;
  CACHEBENCH_CHECK(deadline.count() >= time_, "a deadline {} before the wheel's time {}", deadline.count(),
                   time_);
  link(id);
  ++size_;
  bound_ = std::min(bound_, node.deadline);
}

ExpiryQueue::Place ExpiryQueue::first_place() const {
  // A lower level ends before the next slot of the one above begins.
  for (std::size_t level = 0; level < kLevels; ++level) {
    if (occupied_[level] != 0)
      return {.level = level, .slot = static_cast<std::size_t>(std::countr_zero(occupied_[level]))};
  }
  return {.level = kLevels, .slot = 0};
}

std::int64_t ExpiryQueue::begin_of(const Place& place) const {
  const auto shift = place.level * kBits;
  const auto above =
      shift + kBits >= 64 ? 0 : static_cast<std::uint64_t>(time_) >> (shift + kBits) << (shift + kBits);
  return static_cast<std::int64_t>(above | (std::uint64_t{place.slot} << shift));
}

EntryId ExpiryQueue::pop_due(Nanoseconds now) {
  if (!may_be_due(now)) return kNoEntry;
  for (Place place = first_place(); place.level < kLevels; place = first_place()) {
    const std::int64_t begin = begin_of(place);
    if (begin > now.count()) break;
    Slot& slot = slots_[place.level * kSlots + place.slot];
    if (place.level == 0) {
      const EntryId due = slot.first;
      set(due, kNever);
      return due;
    }
    // The wheel's time moves on to the slot, whose entries come down to where they belong from there.
    EntryId next = slot.first;
    slot = Slot{};
    occupied_[place.level] &= ~(std::uint64_t{1} << place.slot);
    time_ = begin;
    while (next != kNoEntry) {
      const EntryId id = next;
      next = nodes_[index_of(id)].next;
      link(id);
    }
  }
  refresh_bound();
  return kNoEntry;
}

void ExpiryQueue::refresh_bound() {
  const Place place = first_place();
  bound_ = place.level == kLevels ? kNever.count() : begin_of(place);
}

Nanoseconds ExpiryQueue::deadline_of(EntryId id) const {
  return index_of(id) < nodes_.size() ? Nanoseconds{nodes_[index_of(id)].deadline} : kNever;
}

}  // namespace cachebench::cache

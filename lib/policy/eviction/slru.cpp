// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>

#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Segmented LRU: entries enter the lowest of a few equal segments, rise one at each use, and sink one when
/// their segment overflows; the lowest segment's oldest leaves. O(segments) an operation, 16 bytes an id.
class Slru final : public EvictionPolicy {
 public:
  Slru(const EvictionContext& context, const Parameters& parameters)
      : highest_(static_cast<unsigned>(parameters.get("segments")) - 1),
        limit_(context.capacity.value / (highest_ + 1)) {
    nodes_.reserve(context.expected_entries);
  }

  // Into the lowest segment with room for it, or else the lowest.
  void on_insert(EntryId id, const AccessInfo& access) override {
    const std::uint64_t bytes = std::min(access.bytes.value, kMostBytes);
    unsigned level = 0;
    while (level < highest_ && !has_room(level, bytes)) ++level;
    if (!has_room(level, bytes)) level = 0;
    nodes_.push_front(segments_[level].list, id);
    nodes_[id] = {bytes, level};
    segments_[level].bytes += bytes;
  }

  void on_hit(EntryId id, const AccessInfo& access) override {
    Place& place = nodes_[id];
    const unsigned from = place.level();
    const std::uint64_t before = place.bytes();
    const std::uint64_t bytes = std::min(access.bytes.value, kMostBytes);
    if (from == highest_ && bytes == before) [[likely]] {
      nodes_.move_to_front(segments_[from].list, id);
      return;
    }
    const unsigned to = std::min(from + 1, highest_);
    place = {bytes, to};
    segments_[from].bytes -= before;
    segments_[to].bytes += bytes;
    nodes_.erase(segments_[from].list, id);
    nodes_.push_front(segments_[to].list, id);
    sink(to);
  }

  void on_erase(EntryId id, EraseReason) override {
    Segment& segment = segments_[nodes_[id].level()];
    segment.bytes -= nodes_[id].bytes();
    nodes_.erase(segment.list, id);
  }

  EntryId victim(const PinSet& pins) override {
    for (unsigned level = 0; level <= highest_; ++level) {
      const EntryId id = nodes_.last_unpinned(segments_[level].list, pins);
      if (id != kNoEntry) return id;
    }
    return kNoEntry;
  }
  void prefetch(EntryId id) const { nodes_.prefetch(id); }

 private:
  static constexpr std::size_t kMostSegments = 15;
  static constexpr std::uint64_t kMostBytes = (std::uint64_t{1} << 60U) - 1;

  // Bytes and segment in one word: 60 and 4 bits.
  class Place {
   public:
    Place() = default;
    Place(std::uint64_t bytes, unsigned level) : word_(bytes << 4U | level) {}
    [[nodiscard]] std::uint64_t bytes() const { return word_ >> 4U; }
    [[nodiscard]] unsigned level() const { return static_cast<unsigned>(word_) & 15U; }

   private:
    std::uint64_t word_ = 0;
  };
  struct Segment {
    IndexList list;
    std::uint64_t bytes = 0;
  };

  [[nodiscard]] bool has_room(unsigned level, std::uint64_t bytes) const {
    return segments_[level].bytes <= limit_ && bytes <= limit_ - segments_[level].bytes;
  }

  // What `level` can no longer hold moves down, and so on. Those below one that overflows not have got
  // nothing.
  void sink(unsigned level) {
    for (; level > 0 && segments_[level].bytes > limit_; --level) {
      Segment& upper = segments_[level];
      Segment& lower = segments_[level - 1];
      while (upper.bytes > limit_) {
        const EntryId id = upper.list.back;
        const std::uint64_t bytes = nodes_[id].bytes();
        nodes_.erase(upper.list, id);
        nodes_.push_front(lower.list, id);
        nodes_[id] = {bytes, level - 1};
        upper.bytes -= bytes;
        lower.bytes += bytes;
      }
    }
  }

  unsigned highest_;
  std::uint64_t limit_;  // of each segment but the lowest, which holds what the capacity lets it
  LinkedNodes<Place> nodes_;
  std::array<Segment, kMostSegments> segments_{};
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Slru>(
        {.name = "slru",
         .summary = "segments that entries climb one at each use and sink from as others climb",
         .source = "Karedla, Love, Wherry: Caching strategies to improve disk system performance, 1994",
         .parameters = {{"segments", 4, 1, 15, "number of segments, all of one size"}}})});

}  // namespace
}  // namespace cachebench::policy

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "core/units.h"

/// Divides one range of addresses into blocks: best fit, with neighbours joined again on release. It deals in
/// offsets and never touches the memory, so the same code serves host memory, device memory and tests. Each
/// operation takes O(log n) steps in the number of free ranges. Thread-compatible: its owner locks.
namespace cachebench::tier {

struct ArenaOptions {
  Bytes capacity;         ///< rounded down to the granule
  Bytes granule{256};     ///< sizes and offsets are multiples of it; a power of two
  Bytes alignment{256};   ///< of the offset of large blocks; a power of two, at least the granule
  Bytes aligned_from{0};  ///< blocks of this size and more are large
};

class Arena {
 public:
  explicit Arena(const ArenaOptions& options);

  /// Offset of a range for `size` bytes (at least one granule is taken), or nothing when no free range is
  /// long enough, its alignment included.
  [[nodiscard]] std::optional<std::uint64_t> allocate(Bytes size);
  /// Gives back what `allocate` returned and says how long it was, rounding included. An offset that is no
  /// block's is a programmer's error.
  Bytes release(std::uint64_t offset);

  /// What a block of `size` takes.
  [[nodiscard]] Bytes rounded(Bytes size) const;
  [[nodiscard]] Bytes capacity() const { return Bytes{capacity_}; }
  [[nodiscard]] Bytes allocated() const { return Bytes{allocated_}; }
  [[nodiscard]] bool is_empty() const { return allocated_ == 0; }
  /// The longest range free; 0 when full.
  [[nodiscard]] Bytes largest_free() const;
  [[nodiscard]] std::size_t free_ranges() const { return free_by_offset_.size(); }

 private:
  struct FreeRange {
    std::uint64_t length;
    std::uint64_t offset;
    bool operator<(const FreeRange& other) const {
      return length != other.length ? length < other.length : offset < other.offset;
    }
  };
  using ByLength = std::set<FreeRange>;

  [[nodiscard]] ByLength::iterator find_fit(std::uint64_t length, std::uint64_t alignment) const;
  void add_free(std::uint64_t offset, std::uint64_t length);

  std::uint64_t granule_;
  std::uint64_t alignment_;
  std::uint64_t aligned_from_;
  std::uint64_t capacity_;
  std::uint64_t allocated_ = 0;
  ByLength free_by_length_;                                  // shortest first, ties by address
  std::map<std::uint64_t, std::uint64_t> free_by_offset_;    // offset -> length
  std::unordered_map<std::uint64_t, std::uint64_t> blocks_;  // offset -> length
};

}  // namespace cachebench::tier

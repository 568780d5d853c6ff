// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

/// Hands out extents of a sparse file: best fit among the gaps (lowest address among equals), else at the
/// end, which has no limit of its own: a file's unused addresses cost nothing, so space never runs out for
/// fragmentation. What lies beyond a bound that it is told is filled last. Logarithmic in the number of gaps.
/// Owns nothing but numbers; thread-compatible; misuse
/// (freeing what is free) is a programmer error.
namespace cachebench::tier {

struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  [[nodiscard]] std::uint64_t end() const { return offset + bytes; }
  bool operator==(const Extent&) const = default;
};

class ExtentAllocator {
 public:
  /// Addresses start at `base`.
  explicit ExtentAllocator(std::uint64_t base) : base_(base), end_(base) {}

  [[nodiscard]] Extent allocate(std::uint64_t bytes);
  /// From now on gaps that start at `bound` or later are filled only where none before fits and the end lies
  /// beyond as well: so that what is out there empties. Without a bound at first.
  void prefer_before(std::uint64_t bound);
  /// Takes this very extent, found on a medium. REQUIRES: free, and called in ascending order before any
  /// allocate.
  void take(const Extent& extent);
  /// All or part of what was handed out; neighbouring gaps merge, and a gap at the end lowers the end.
  void free(const Extent& extent);

  /// One past the highest address in use.
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::uint64_t allocated() const { return allocated_; }
  /// The gaps below `end`, by address.
  [[nodiscard]] std::vector<Extent> gaps() const;

 private:
  using BySize = std::set<std::pair<std::uint64_t, std::uint64_t>>;  // (bytes, offset)

  void add_gap(const Extent& gap);
  void remove_gap(const Extent& gap);
  [[nodiscard]] BySize& gaps_like(std::uint64_t offset) { return offset < bound_ ? before_ : beyond_; }

  std::uint64_t base_;
  std::uint64_t end_;
  std::uint64_t allocated_ = 0;
  std::uint64_t bound_ = ~std::uint64_t{0};
  std::map<std::uint64_t, std::uint64_t> by_offset_;  // offset to bytes
  BySize before_;                                     // the gaps that start before the bound
  BySize beyond_;
};

}  // namespace cachebench::tier

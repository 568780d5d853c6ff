// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/ids.h"

/// LRU stack distances (Mattson et al., 1970), exact, one access after the other: a Fenwick tree over the
/// places of last accesses, renumbered when they run out. O(log n) an access, about 12 bytes a distinct
/// object. One thread.
namespace cachebench::bench {

class StackDistance {
 public:
  StackDistance();
  /// Distinct objects asked for since this one was, itself included: the smallest LRU cache, in objects, in
  /// which the access hits. 0 for the first access to it. Ids are dense.
  std::uint64_t access(EntryId id);

 private:
  static constexpr std::uint32_t kNever = 0;
  void add(std::size_t place, std::int32_t by);
  [[nodiscard]] std::uint64_t sum_to(std::size_t place) const;
  void renumber();

  std::vector<std::int32_t> tree_;    ///< 1-based; counts of live places
  std::vector<std::uint32_t> place_;  ///< by id, of its last access; kNever when there is none
  std::size_t live_ = 0;
  std::uint32_t next_ = 1;
};

}  // namespace cachebench::bench

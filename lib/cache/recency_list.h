// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/ids.h"

namespace cachebench::cache {

/// Entries from the longest to the most recently touched: a doubly linked list in one flat array indexed by
/// id. Every operation is O(1). Thread-compatible.
class RecencyList {
 public:
  RecencyList() : nodes_(1) {}
  /// Moves the entry to the recent end, adding it when it is not in the list.
  void touch(EntryId id);
  /// Does nothing when the entry is not in the list.
  void remove(EntryId id);
  /// kNoEntry when empty.
  [[nodiscard]] EntryId oldest() const { return entry_at(nodes_[0].next); }

 private:
  // Node 0 is the ring's anchor; entry i is node i + 1; an entry outside the list links to nothing.
  static constexpr std::uint32_t kUnlinked = 0xFFFFFFFFU;
  struct Node {
    std::uint32_t prev = 0;
    std::uint32_t next = 0;
  };
  [[nodiscard]] static std::uint32_t node_of(EntryId id) { return index_of(id) + 1; }
  [[nodiscard]] static EntryId entry_at(std::uint32_t node) {
    return node == 0 ? kNoEntry : static_cast<EntryId>(node - 1);
  }
  void unlink(std::uint32_t node);

  std::vector<Node> nodes_;
};

}  // namespace cachebench::cache

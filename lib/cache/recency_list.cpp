// SPDX-License-Identifier: Apache-2.0
#include "cache/recency_list.h"

namespace cachebench::cache {

void RecencyList::touch(EntryId id) {
  const std::uint32_t node = node_of(id);
  if (node >= nodes_.size()) {
    nodes_.resize(std::size_t{node} * 2, Node{.prev = kUnlinked, .next = kUnlinked});
  }
  if (nodes_[node].next != kUnlinked) unlink(node);
  const std::uint32_t last = nodes_[0].prev;
  nodes_[node] = {.prev = last, .next = 0};
  nodes_[last].next = node;
  nodes_[0].prev = node;
}

void RecencyList::remove(EntryId id) {
  const std::uint32_t node = node_of(id);
  if (node < nodes_.size() && nodes_[node].next != kUnlinked) unlink(node);
}

void RecencyList::unlink(std::uint32_t node) {
  nodes_[nodes_[node].prev].next = nodes_[node].next;
  nodes_[nodes_[node].next].prev = nodes_[node].prev;
  nodes_[node] = {.prev = kUnlinked, .next = kUnlinked};
}

}  // namespace cachebench::cache

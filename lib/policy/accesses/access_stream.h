// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Plain accesses in blocks, for whoever reads a workload while it is being replayed and keeps none of it:
/// what a single point needs, where columns (access_columns.h) are for several. A stream is owned and read by
/// one thread. Errors are those of its source, thrown by `next`.
namespace cachebench::policy {

struct AccessBlock {
  std::span<const std::uint32_t> ids;    ///< dense, in the order of first appearance
  std::span<const std::uint64_t> sizes;  ///< by access; empty: every object counts 1
  std::size_t objects = 0;               ///< seen so far, these included: ids are below it
};

class AccessStream {
 public:
  virtual ~AccessStream() = default;
  /// The accesses that follow, at least one; false at the end. The block is valid until the next call.
  virtual bool next(AccessBlock& block) = 0;
  /// Whether blocks have sizes.
  [[nodiscard]] virtual bool has_sizes() const = 0;
};

}  // namespace cachebench::policy

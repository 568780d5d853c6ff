// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "core/units.h"

/// Host memory that a device's copy engines reach by themselves. Where it comes from is the device's affair;
/// who asks for it need not know the device. Each piece goes back to where it came from, which outlives it.
/// Thread-safe. A refusal is no error: ordinary memory serves, at the rate of pageable copies.
namespace cachebench::tier {

class PinnedMemory {
 public:
  virtual ~PinnedMemory() = default;
  /// At least `size` bytes from a 4 KiB boundary on, or null.
  [[nodiscard]] virtual std::byte* allocate(Bytes size) = 0;
  /// What `allocate` gave.
  virtual void release(std::byte* memory) noexcept = 0;
};

/// What a plane also is whose device has memory of that kind to lend, for the buffers of copies to and from
/// it.
class PinnedSource {
 public:
  virtual ~PinnedSource() = default;
  /// Null where ordinary locked memory does as well.
  [[nodiscard]] virtual std::shared_ptr<PinnedMemory> pinned_memory() = 0;
};

}  // namespace cachebench::tier

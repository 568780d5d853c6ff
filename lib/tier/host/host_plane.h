// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/units.h"
#include "tier/mapping.h"
#include "tier/plane.h"

/// Page-locked host memory: the second tier. `host_view` gives a block's bytes, so that the SSD and the
/// device copy into and out of it directly; blocks from 32 KiB up begin at a 4 KiB boundary for O_DIRECT.
/// `read` and `write` are a memcpy on the caller's thread and return a completed ticket: it is what a hit in
/// host memory costs, and a hand-over to another thread would only add to it.
///
/// Pages are touched, and locked, as blocks first use them; the memory of a released block stays with the
/// plane, so a warm cache pays for no page twice. A device's own pinned memory is locked as a whole at once.
/// When the lock limit is too low the notes say so and the plane goes on without the lock. Room, slack and
/// overflow: tier/block_space.h. Thread-safe.
namespace cachebench::tier {

struct HostPlaneOptions {
  Bytes capacity;  ///< the tier's budget
  PageLock lock = PageLock::kTry;
  std::shared_ptr<PinnedMemory> pinned{};  ///< where a device's copies come and go; null: ordinary memory
};

/// Throws Error{kEnvironment} when there is no address space for the capacity.
[[nodiscard]] std::unique_ptr<Plane> make_host_plane(const HostPlaneOptions& options);

}  // namespace cachebench::tier

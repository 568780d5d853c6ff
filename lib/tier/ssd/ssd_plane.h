// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tier/plane.h"
#include "tier/ssd/ssd_options.h"

/// The plane of the SSD tier: checksummed records in one segment file (docs/segment-format.md), transferred
/// with O_DIRECT through io_uring or, where the kernel refuses that, a pool of threads.
///
/// Owns the file, one reactor thread and, with a codec, two threads that encode and decode. Thread-safe; no
/// lock is held across I/O. Opening throws Error{kEnvironment}: directory missing, not writable or in use, a
/// foreign file or one of a later version. A read whose checksum fails is kCorrupt and counted, one whose
/// device fails kFailed; a full disk fails the write. A block is written at most once between allocate and
/// release, and read only after that ticket has completed; a read of a block whose write failed is kFailed.
/// Completion::service includes encoding, decoding and checksums, not the wait in queues. Destruction
/// finishes what was submitted.
namespace cachebench::tier {

/// Throws Error{kUsage} for an unknown codec, level, engine name, a queue depth of 0 or above 4096, or a
/// block that is no multiple of 4 KiB.
[[nodiscard]] std::unique_ptr<Plane> make_ssd_plane(SsdOptions options);

}  // namespace cachebench::tier

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/units.h"
#include "tier/plane.h"
#include "tier/ssd/io_engine.h"

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

struct SsdOptions {
  std::string directory;       ///< "": a fresh temporary one, removed afterwards
  Bytes capacity;              ///< nominal bytes; a quarter more can be allocated, so that moves find room
  std::string codec = "none";  ///< registry name; each record is stored encoded where that is smaller
  int codec_level = 0;         ///< 0: the codec's default
  std::string io = "auto";     ///< "auto", "io_uring" (else an error) or "threads"
  unsigned queue_depth = 32;   ///< operations under way, of at most 512 KiB
  bool cold = false;           ///< start empty
  bool keep = true;            ///< leave the files for the next process; else remove all that was created
  /// For tests: put between the plane and its engine.
  std::function<std::unique_ptr<IoEngine>(std::unique_ptr<IoEngine>)> wrap_engine = {};
};

/// Throws Error{kUsage} for an unknown codec, level, engine name or a queue depth of 0 or above 4096.
[[nodiscard]] std::unique_ptr<Plane> make_ssd_plane(SsdOptions options);

}  // namespace cachebench::tier

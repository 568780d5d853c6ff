// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/tensor_view.h"
#include "core/units.h"
#include "hardware/cost.h"
#include "tier/codec_use.h"
#include "tier/encoding.h"
#include "tier/ticket.h"

/// A plane holds the bytes of one tier. It allocates, copies to and from host memory, and completes tickets;
/// it never decides, evicts or knows of other planes.
namespace cachebench::tier {

/// Physical space for one entry on a plane, owned by whoever allocated it until `release`.
struct Block {
  std::uint64_t handle = 0;  ///< the plane's own
  Bytes bytes;               ///< as asked for
};

/// What is stored: enough to find it again after a restart.
struct RecordInfo {
  Key key;
  TensorMeta meta;
  ArtefactKind kind = ArtefactKind::kObject;
  Encoding encoding = Encoding::kPlain;  ///< what the block holds; the plane itself does not care
};

/// An entry found on a plane that outlives the process.
struct Recovered {
  RecordInfo info;
  Block block;
};

/// Physical facts, for reports; none of them decides anything.
struct PlaneStats {
  Bytes capacity;       ///< physical room, slack included
  Bytes allocated;      ///< in blocks, rounding included
  Bytes peak;           ///< highest `allocated`
  Bytes overflow_peak;  ///< highest number of bytes that had to live outside the arena (fragmentation)
  Bytes bytes_read;     ///< by transfers, as stored
  Bytes bytes_written;
  std::uint64_t corrupt_records = 0;
  CodecUses codec{};               ///< lossless compression of records, by kind
  std::vector<std::string> notes;  ///< what a person should know: "locked-memory limit too low: …"
};

class Plane {
 public:
  virtual ~Plane() = default;
  [[nodiscard]] virtual hardware::Medium medium() const = 0;
  /// "cuda", "emulated", "host", "ssd" or "null", as in results.
  [[nodiscard]] virtual const char* device() const = 0;

  /// Room for `bytes`, or nothing when there is none at the moment. Never blocks on I/O. Thread-safe, like
  /// all of a plane.
  [[nodiscard]] virtual std::optional<Block> allocate(Bytes bytes) = 0;
  /// REQUIRES: no transfer on the block is in flight.
  virtual void release(const Block& block) noexcept = 0;

  /// Starts copying `source` (host memory, `block.bytes` long) into the block. `source` stays valid until the
  /// ticket completes. `info` is kept where records outlive the process.
  [[nodiscard]] virtual Ticket write(const Block& block, const RecordInfo& info,
                                     std::span<const std::byte> source) = 0;
  /// The same for a thread that would wait for it, without another's help where the plane can do so.
  /// `meanwhile` is called once, when the bytes are on their way; never where this throws.
  [[nodiscard]] virtual Completion write_at_once(const Block& block, const RecordInfo& info,
                                                 std::span<const std::byte> source,
                                                 const std::function<void()>& meanwhile) {
    const Ticket ticket = write(block, info, source);
    meanwhile();
    return ticket.wait();
  }
  /// Starts copying the block into `target` (host memory, at least `block.bytes` long, valid until complete).
  /// Fastest when `target` is aligned to 4 KiB and rounded up to it.
  [[nodiscard]] virtual Ticket read(const Block& block, std::span<std::byte> target) = 0;
  /// The block's bytes where the host can address them directly (host plane), else empty. Valid until
  /// release.
  [[nodiscard]] virtual std::span<std::byte> host_view(const Block& block) = 0;

  /// Entries left by an earlier process; each block belongs to the caller. Empty for volatile planes.
  [[nodiscard]] virtual std::vector<Recovered> recover() { return {}; }
  /// Waits until everything submitted has reached the medium.
  virtual void flush() {}
  [[nodiscard]] virtual PlaneStats stats() const = 0;
};

}  // namespace cachebench::tier

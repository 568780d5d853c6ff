// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/sync.h"
#include "tier/ssd/io_engine.h"
#include "tier/ssd/page.h"
#include "tier/ssd/transfer.h"

namespace cachebench::tier {

/// The one thread that drives an I/O engine: cuts transfers into chunks, keeps at most `depth` operations
/// under way (so depth × block bytes are in flight at most, and as much memory is used for unaligned ends),
/// computes checksums while other chunks are under way, and writes a record's header after its payload. Reads
/// go first, and beside them one write at a time; each in order of arrival. Alone, as many writes are under
/// way as their queue is long for: what comes up next may be a read, which has to wait for them on the
/// device. While a read is under way the thread polls for a moment before it sleeps. Thread-safe; no lock is
/// held across I/O. Failures travel in TransferResult. Destruction finishes what was submitted.
class Reactor {
 public:
  static constexpr std::uint64_t kChunk = std::uint64_t{512} << 10;

  /// `clock` outlives the reactor; `block` is the largest operation, whole pages.
  Reactor(std::unique_ptr<IoEngine> engine, unsigned depth, const Clock& clock, std::uint64_t block = kChunk);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  void submit(std::unique_ptr<Transfer> transfer) CACHEBENCH_EXCLUDES(mutex_);

 private:
  // One operation under way.
  struct Slot {
    IoOperation operation;
    Transfer* transfer = nullptr;
    std::uint64_t payload_offset = 0;  // of the chunk
    std::uint64_t payload_bytes = 0;   // of the chunk, 0 for headers and holes
    bool bounced = false;
    PageBuffer bounce;  // kept once made
  };

  void run();
  [[nodiscard]] bool take_submitted() CACHEBENCH_EXCLUDES(mutex_);
  /// True when there is more that could be issued at once.
  [[nodiscard]] bool issue();
  [[nodiscard]] Transfer* next_to_issue() const;
  [[nodiscard]] std::size_t writes_at_once() const;
  void reap(std::vector<IoOperation*>& finished);
  void issue_next(Transfer& transfer);
  void issue_chunk(Transfer& transfer, Slot& slot);
  void issue_header(Transfer& transfer, Slot& slot);
  void digest_issued(Transfer& transfer, std::uint64_t end);
  void finish_operation(Slot& slot);
  [[nodiscard]] bool go_on(Slot& slot);
  void take_chunk(Slot& slot);
  void settle(Transfer& transfer);
  void finish(Transfer& transfer);

  std::unique_ptr<IoEngine> engine_;
  const Clock& clock_;
  const std::uint64_t block_;
  const bool polls_;

  Mutex mutex_;
  std::deque<std::unique_ptr<Transfer>> submitted_ CACHEBENCH_GUARDED_BY(mutex_);
  bool stopping_ CACHEBENCH_GUARDED_BY(mutex_) = false;

  // The thread's own.
  std::vector<Slot> slots_;
  std::vector<Slot*> free_slots_;
  std::unordered_map<Transfer*, std::unique_ptr<Transfer>> active_;
  std::deque<Transfer*> reads_;   // with something left to issue
  std::deque<Transfer*> writes_;  // likewise; erasures and holes too
  Nanoseconds reaped_{0};         // when what is being dealt with came back
  Nanoseconds poll_until_{0};
  unsigned reads_under_way_ = 0;
  unsigned writes_under_way_ = 0;  // operations
  unsigned reads_in_a_row_ = 0;    // issued since the last write

  std::thread thread_;
};

}  // namespace cachebench::tier

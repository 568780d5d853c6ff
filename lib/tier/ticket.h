// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

#include "core/sync.h"
#include "core/units.h"

/// Completion of an asynchronous transfer.
namespace cachebench::tier {

enum class TransferStatus : std::uint8_t {
  kDone,
  kCorrupt,  ///< the record failed its checksum; nothing of it may be used
  kFailed,   ///< the device refused or the disk is full; `error` says why
};

struct Completion {
  TransferStatus status = TransferStatus::kDone;
  std::exception_ptr error{};  ///< set when kFailed
  Nanoseconds service{0};      ///< measured on the transfer itself, waiting in queues excluded
  Nanoseconds finished_at{0};  ///< on the monotonic clock, where someone noted it
};

/// One transfer in flight, completed once by its plane. Copies share the state. Thread-safe.
class Ticket {
 public:
  Ticket() = default;  ///< no transfer
  /// A ticket that is complete already.
  [[nodiscard]] static Ticket completed(Completion completion = {});
  /// A pending one; its plane calls `complete` exactly once, from any thread.
  [[nodiscard]] static Ticket pending();

  void complete(Completion completion) noexcept;
  [[nodiscard]] bool is_complete() const;
  /// Blocks until complete. Never call it with a lock held.
  Completion wait() const;

 private:
  struct State {
    Mutex mutex;
    CondVar done;
    std::optional<Completion> completion CACHEBENCH_GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_;
};

}  // namespace cachebench::tier

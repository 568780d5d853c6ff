// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/sync.h"
#include "tier/device/device_api.h"
#include "tier/device/link_schedule.h"
#include "tier/device/precise_wait.h"

/// The streams, events and copy engines of the emulated device. An engine is a thread of one direction; it
/// takes streams whose next operation is a copy that way, in the order they became ready, copies, and holds
/// the completion back until the link would have been through. Markers (records and waits) cost no engine.
///
/// Without a throttle, and up to a size, a copy on an idle stream runs on the caller's thread: a hand-over
/// takes longer than such a copy. The streams behave the same either way. A device can be lost, for tests:
/// then its copies end at once, with an error, and streams and events go on. Owns the engines; streams and
/// events are shared with the operations that name them. Thread-safe; completions run without the lock.
namespace cachebench::tier {

enum class CopyDirection : std::uint8_t { kUp, kDown };
inline constexpr std::size_t kCopyDirections = 2;

struct CopySchedulerOptions {
  /// Absent: copies are plain memcpys.
  std::optional<std::array<hardware::Channel, kCopyDirections>> links;
  int engines_per_direction = 1;
  Bytes inline_up_to;
  /// So many ranges are copied; the next one finds the device lost, and so does every one after it.
  std::uint64_t lost_after_copies = std::numeric_limits<std::uint64_t>::max();
};

class CopyScheduler {
 public:
  struct Range {
    std::byte* target;
    const std::byte* source;
    std::size_t bytes;
  };
  class Stream;
  class Event;

  explicit CopyScheduler(const CopySchedulerOptions& options);
  /// REQUIRES: every stream is idle.
  ~CopyScheduler();
  CopyScheduler(const CopyScheduler&) = delete;
  CopyScheduler& operator=(const CopyScheduler&) = delete;

  [[nodiscard]] std::shared_ptr<Stream> new_stream() const;
  [[nodiscard]] std::shared_ptr<Event> new_event() const;

  void copy(const std::shared_ptr<Stream>& stream, CopyDirection direction, std::span<const Range> ranges,
            CopyDone done) CACHEBENCH_EXCLUDES(mutex_);
  /// On the caller's thread, of no stream: behind what the link carries already, before what waits for an
  /// engine. Complete when it returns; `meanwhile` is called while the link would carry it.
  [[nodiscard]] CopyResult copy_at_once(CopyDirection direction, const Range& range,
                                        const std::function<void()>& meanwhile);
  void record(const std::shared_ptr<Stream>& stream, const std::shared_ptr<Event>& event)
      CACHEBENCH_EXCLUDES(mutex_);
  void wait_event(const std::shared_ptr<Stream>& stream, const std::shared_ptr<Event>& event)
      CACHEBENCH_EXCLUDES(mutex_);

  [[nodiscard]] bool is_idle(const Stream& stream) const CACHEBENCH_EXCLUDES(mutex_);
  void wait_idle(const Stream& stream) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] bool is_complete(const Event& event) const CACHEBENCH_EXCLUDES(mutex_);
  void wait_complete(const Event& event) CACHEBENCH_EXCLUDES(mutex_);
  /// When the event's last record was reached. REQUIRES: recorded and complete.
  [[nodiscard]] Nanoseconds reached_at(const Event& event) const CACHEBENCH_EXCLUDES(mutex_);
  /// The error of every copy from the loss of the device on; null before.
  [[nodiscard]] std::exception_ptr lost() const { return is_lost_.load() ? loss_ : nullptr; }

 private:
  using StreamPtr = std::shared_ptr<Stream>;
  using EventPtr = std::shared_ptr<Event>;
  struct CopyOp {
    CopyDirection direction;
    std::vector<Range> ranges;
    CopyDone done;
    Nanoseconds submitted;
  };
  struct RecordOp {
    EventPtr event;
    std::uint64_t record;
  };
  struct WaitOp {
    EventPtr event;
    std::uint64_t record;
  };
  using Op = std::variant<CopyOp, RecordOp, WaitOp>;
  struct Engines {
    std::deque<StreamPtr> ready;  // their next operation is a copy this way
    CondVar wake;
  };
  struct Turn {
    Nanoseconds ready;           // when it could have begun, the link being free
    Nanoseconds engine_free{0};  // when the engine was done with the copy before
    const std::function<void()>* meanwhile = nullptr;
  };
  struct Work {
    StreamPtr stream;
    CopyOp copy;
    Nanoseconds ready;  // when it could have begun, the link being free
  };

  void push(const StreamPtr& stream, Op op) CACHEBENCH_REQUIRES(mutex_);
  void advance(const StreamPtr& stream) CACHEBENCH_REQUIRES(mutex_);
  void advance_one(const StreamPtr& stream, std::vector<StreamPtr>& woken) CACHEBENCH_REQUIRES(mutex_);
  void reach(const RecordOp& op, std::vector<StreamPtr>& woken) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] bool try_begin_inline(Stream& stream, Bytes bytes) CACHEBENCH_EXCLUDES(mutex_);
  void finish(const StreamPtr& stream, CopyDirection direction) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] std::optional<Work> next(CopyDirection direction) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] CopyResult execute(CopyDirection direction, std::span<const Range> ranges, const Turn& turn);
  [[nodiscard]] bool copy_ranges(std::span<const Range> ranges);
  void run_engine(CopyDirection direction, int number);

  const RealClock clock_;
  const PreciseWait wait_;
  const PreciseWait spin_;  // of copies at once
  const Bytes inline_up_to_;
  const std::uint64_t lost_after_;
  const std::exception_ptr loss_;  // what a lost device says
  std::atomic<std::uint64_t> copied_{0};
  std::atomic<bool> is_lost_{false};
  std::array<std::unique_ptr<LinkSchedule>, kCopyDirections> links_;  // null: no throttle
  mutable Mutex mutex_;
  CondVar changed_;  // a stream fell idle or an event was reached, and somebody waits
  int waiting_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::array<Engines, kCopyDirections> engines_ CACHEBENCH_GUARDED_BY(mutex_);
  bool stopping_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace cachebench::tier

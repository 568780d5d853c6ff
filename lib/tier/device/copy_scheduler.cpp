// SPDX-License-Identifier: Apache-2.0
#include "tier/device/copy_scheduler.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "core/thread_time.h"
#include "core/trace_range.h"

namespace cachebench::tier {

// Both are guarded by their scheduler's lock.
class CopyScheduler::Stream {
 public:
  std::deque<Op> ops;
  bool busy = false;     // its copy is in an engine's queue or hands
  bool blocked = false;  // its next operation waits for an event that knows it
  Nanoseconds not_before{0};
  Nanoseconds last_copy_end{0};
  CopyDirection last_direction = CopyDirection::kUp;
  [[nodiscard]] bool idle() const { return ops.empty() && !busy; }
};

class CopyScheduler::Event {
 public:
  std::uint64_t recorded = 0;  // records submitted
  std::uint64_t reached = 0;   // the latest of them that a stream has come to
  Nanoseconds reached_at{0};
  std::vector<StreamPtr> waiting;
};

namespace {

std::size_t index_of(CopyDirection direction) {
  return static_cast<std::size_t>(direction);
}

// Whoever copies for itself has nothing else to do: for so long, to sleep and be woken takes longer.
constexpr Nanoseconds kSpun{100'000};

Bytes total_of(std::span<const CopyScheduler::Range> ranges) {
  Bytes total;
  for (const CopyScheduler::Range& range : ranges) total += Bytes{range.bytes};
  return total;
}

}  // namespace

CopyScheduler::CopyScheduler(const CopySchedulerOptions& options)
    : wait_(options.links ? PreciseWait::measure_timer_error() : Nanoseconds{0}),
      spin_(std::max(wait_.timer_error(), kSpun)),
      inline_up_to_(options.inline_up_to),
      lost_after_(options.lost_after_copies),
      loss_(std::make_exception_ptr(
          Error(ErrorKind::kEnvironment, "the emulated device was lost, as it was told to be; run again"))) {
  CACHEBENCH_CHECK(options.engines_per_direction > 0, "{} engines", options.engines_per_direction);
  for (const CopyDirection direction : {CopyDirection::kUp, CopyDirection::kDown}) {
    if (!options.links) continue;
    links_[index_of(direction)] = std::make_unique<LinkSchedule>((*options.links)[index_of(direction)]);
  }
  for (const CopyDirection direction : {CopyDirection::kUp, CopyDirection::kDown}) {
    for (int i = 0; i < options.engines_per_direction; ++i) {
      threads_.emplace_back([this, direction, i] { run_engine(direction, i); });
    }
  }
}

CopyScheduler::~CopyScheduler() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    for (Engines& engines : engines_) {
      CACHEBENCH_CHECK(engines.ready.empty(), "{} streams have copies left", engines.ready.size());
      engines.wake.notify_all();
    }
  }
  for (std::thread& thread : threads_) thread.join();
}

std::shared_ptr<CopyScheduler::Stream> CopyScheduler::new_stream() const {
  return std::make_shared<Stream>();
}
std::shared_ptr<CopyScheduler::Event> CopyScheduler::new_event() const {
  return std::make_shared<Event>();
}

void CopyScheduler::copy(const StreamPtr& stream, CopyDirection direction, std::span<const Range> ranges,
                         CopyDone done) {
  if (try_begin_inline(*stream, total_of(ranges))) {
    const CopyResult result = execute(direction, ranges, {.ready = clock_.now()});
    if (done) done(result);
    finish(stream, direction);
    return;
  }
  const MutexLock lock(mutex_);
  push(stream, CopyOp{.direction = direction,
                      .ranges = {ranges.begin(), ranges.end()},
                      .done = std::move(done),
                      .submitted = clock_.now()});
}

CopyResult CopyScheduler::copy_at_once(CopyDirection direction, const Range& range,
                                       const std::function<void()>& meanwhile) {
  return execute(direction, {&range, 1}, {.ready = clock_.now(), .meanwhile = &meanwhile});
}

void CopyScheduler::record(const StreamPtr& stream, const EventPtr& event) {
  const MutexLock lock(mutex_);
  push(stream, RecordOp{.event = event, .record = ++event->recorded});
}

void CopyScheduler::wait_event(const StreamPtr& stream, const EventPtr& event) {
  const MutexLock lock(mutex_);
  push(stream, WaitOp{.event = event, .record = event->recorded});
}

bool CopyScheduler::is_idle(const Stream& stream) const {
  const MutexLock lock(mutex_);
  return stream.idle();
}

void CopyScheduler::wait_idle(const Stream& stream) {
  const MutexLock lock(mutex_);
  ++waiting_;
  while (!stream.idle()) changed_.wait(mutex_);
  --waiting_;
}

bool CopyScheduler::is_complete(const Event& event) const {
  const MutexLock lock(mutex_);
  return event.reached == event.recorded;
}

void CopyScheduler::wait_complete(const Event& event) {
  const MutexLock lock(mutex_);
  const std::uint64_t record = event.recorded;
  ++waiting_;
  while (event.reached < record) changed_.wait(mutex_);
  --waiting_;
}

Nanoseconds CopyScheduler::reached_at(const Event& event) const {
  const MutexLock lock(mutex_);
  CACHEBENCH_CHECK(event.recorded > 0 && event.reached == event.recorded, "the event is not complete");
  return event.reached_at;
}

void CopyScheduler::push(const StreamPtr& stream, Op op) {
  stream->ops.push_back(std::move(op));
  advance(stream);
}

void CopyScheduler::advance(const StreamPtr& stream) {
  std::vector<StreamPtr> woken;
  advance_one(stream, woken);
  while (!woken.empty()) {
    const StreamPtr next = std::move(woken.back());
    woken.pop_back();
    advance_one(next, woken);
  }
}

void CopyScheduler::advance_one(const StreamPtr& stream, std::vector<StreamPtr>& woken) {
  while (!stream->busy && !stream->blocked && !stream->ops.empty()) {
    const Op& op = stream->ops.front();
    if (const auto* copy = std::get_if<CopyOp>(&op)) {
      stream->busy = true;
      Engines& engines = engines_[index_of(copy->direction)];
      engines.ready.push_back(stream);
      engines.wake.notify_one();
      return;
    }
    if (const auto* wait = std::get_if<WaitOp>(&op)) {
      if (wait->event->reached < wait->record) {
        stream->blocked = true;
        wait->event->waiting.push_back(stream);
        return;
      }
      stream->not_before = std::max(stream->not_before, wait->event->reached_at);
    } else {
      reach(std::get<RecordOp>(op), woken);
    }
    stream->ops.pop_front();
  }
  if (stream->idle() && waiting_ > 0) changed_.notify_all();
}

void CopyScheduler::reach(const RecordOp& op, std::vector<StreamPtr>& woken) {
  Event& event = *op.event;
  if (op.record > event.reached) {
    event.reached = op.record;
    event.reached_at = clock_.now();
  }
  for (StreamPtr& waiting : event.waiting) {
    waiting->blocked = false;
    woken.push_back(std::move(waiting));
  }
  event.waiting.clear();
  if (waiting_ > 0) changed_.notify_all();
}

bool CopyScheduler::try_begin_inline(Stream& stream, Bytes bytes) {
  if (links_[0] != nullptr || bytes > inline_up_to_) return false;
  const MutexLock lock(mutex_);
  if (!stream.idle()) return false;
  stream.busy = true;
  return true;
}

void CopyScheduler::finish(const StreamPtr& stream, CopyDirection direction) {
  const MutexLock lock(mutex_);
  stream->busy = false;
  stream->last_direction = direction;
  stream->last_copy_end = clock_.now();
  advance(stream);
}

std::optional<CopyScheduler::Work> CopyScheduler::next(CopyDirection direction) {
  const MutexLock lock(mutex_);
  Engines& engines = engines_[index_of(direction)];
  while (engines.ready.empty()) {
    if (stopping_) return std::nullopt;
    engines.wake.wait(mutex_);
  }
  StreamPtr stream = std::move(engines.ready.front());
  engines.ready.pop_front();
  CopyOp copy = std::get<CopyOp>(std::move(stream->ops.front()));
  stream->ops.pop_front();
  // A copy behind one of its own direction follows it on the link without a gap; it need not wait for the
  // other's latency as well. Behind one of the other direction it does.
  Nanoseconds ready = std::max(copy.submitted, stream->not_before);
  if (stream->last_direction != direction) ready = std::max(ready, stream->last_copy_end);
  return Work{.stream = std::move(stream), .copy = std::move(copy), .ready = ready};
}

// Service is what the link takes, or longer where this host is slower: then from when this copy could begin,
// the engine being done with those before it, which is a wait in a queue and no part of its own time.
CopyResult CopyScheduler::execute(CopyDirection direction, std::span<const Range> ranges, const Turn& turn) {
  const Bytes total = total_of(ranges);
  const TraceRange trace(trace_names::kCopy, total.value);
  Nanoseconds start = clock_.now();
  Nanoseconds complete{0};
  Nanoseconds nominal{0};
  if (LinkSchedule* const link = links_[index_of(direction)].get()) {
    const LinkSchedule::Slot slot = link->reserve(turn.ready, total);
    start = std::max(slot.start, turn.engine_free);
    complete = slot.complete;
    nominal = slot.complete - slot.start;
  }
  const Nanoseconds had = turn.meanwhile != nullptr ? thread_time() : Nanoseconds{0};
  const bool copied = copy_ranges(ranges);
  // On an asker's thread others may want its processor, and waiting for that is no part of the copy.
  Nanoseconds taken = turn.meanwhile != nullptr ? thread_time() - had : clock_.now() - start;
  if (turn.meanwhile != nullptr)
    (*turn.meanwhile)();  // none of the copy's time, unless the link is done sooner
  if (!copied) return {.error = loss_, .service = taken};
  if (links_[0] != nullptr) (turn.meanwhile != nullptr ? spin_ : wait_).until(complete);
  if (turn.meanwhile == nullptr) taken = clock_.now() - start;
  return {.error = {}, .service = std::max(nominal, taken)};
}

bool CopyScheduler::copy_ranges(std::span<const Range> ranges) {
  const bool counts = lost_after_ != std::numeric_limits<std::uint64_t>::max();
  for (const Range& range : ranges) {
    if (range.bytes == 0) continue;
    if (counts && copied_.fetch_add(1) >= lost_after_) is_lost_.store(true);
    if (is_lost_.load()) return false;
    std::memcpy(range.target, range.source, range.bytes);
  }
  return !is_lost_.load();
}

void CopyScheduler::run_engine(CopyDirection direction, int number) {
  name_this_thread((direction == CopyDirection::kUp ? "copy-up-" : "copy-down-") + std::to_string(number));
  PreciseWait::tighten_this_thread();
  Nanoseconds free_since{0};
  while (std::optional<Work> work = next(direction)) {
    const CopyResult result =
        execute(direction, work->copy.ranges, {.ready = work->ready, .engine_free = free_since});
    if (work->copy.done) work->copy.done(result);
    finish(work->stream, direction);
    free_since = clock_.now();
  }
}

}  // namespace cachebench::tier

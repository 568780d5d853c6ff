// SPDX-License-Identifier: Apache-2.0
#include "tier/device/emulated_device.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "core/check.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/sync.h"
#include "core/thread_time.h"
#include "tier/device/copy_scheduler.h"
#include "tier/mapping.h"

namespace cachebench::tier {
namespace {

std::byte* host_address(DevicePointer pointer) {
  // An address that came from a pointer. NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(pointer));
}

class EmulatedEvent final : public DeviceEvent {
 public:
  explicit EmulatedEvent(CopyScheduler& scheduler) : scheduler_(scheduler), state_(scheduler.new_event()) {}
  [[nodiscard]] bool query() const override { return scheduler_.is_complete(*state_); }
  void synchronize() const override {
    scheduler_.wait_complete(*state_);
    if (const std::exception_ptr lost = scheduler_.lost()) std::rethrow_exception(lost);
  }
  [[nodiscard]] const std::shared_ptr<CopyScheduler::Event>& state() const { return state_; }

 private:
  CopyScheduler& scheduler_;
  std::shared_ptr<CopyScheduler::Event> state_;
};

const std::shared_ptr<CopyScheduler::Event>& state_of(const DeviceEvent& event) {
  const auto* const emulated = dynamic_cast<const EmulatedEvent*>(&event);
  CACHEBENCH_CHECK(emulated != nullptr, "an event of another device");
  return emulated->state();
}

/// The allocations of a device, by address, so that copies beyond them can be refused. Thread-safe.
class Allocations {
 public:
  void add(DevicePointer pointer, Mapping mapping, Bytes size) {
    const MutexLock lock(mutex_);
    memory_.emplace(pointer, Allocation{.mapping = std::move(mapping), .size = size});
  }
  /// Its size; the mapping is given back outside the lock.
  [[nodiscard]] Bytes remove(DevicePointer pointer) {
    Allocation dropped;
    const MutexLock lock(mutex_);
    const auto found = memory_.find(pointer);
    CACHEBENCH_CHECK(found != memory_.end(), "no device memory at {}", static_cast<std::uint64_t>(pointer));
    dropped = std::move(found->second);
    memory_.erase(found);
    return dropped.size;
  }
  [[nodiscard]] bool contains(DevicePointer pointer, std::size_t bytes) const {
    const MutexLock lock(mutex_);
    const auto after = memory_.upper_bound(pointer);
    if (after == memory_.begin()) return false;
    const auto& [first, allocation] = *std::prev(after);
    const std::uint64_t offset = static_cast<std::uint64_t>(pointer) - static_cast<std::uint64_t>(first);
    return offset <= allocation.mapping.size().value && bytes <= allocation.mapping.size().value - offset;
  }

 private:
  struct Allocation {
    Mapping mapping;
    Bytes size;
  };
  mutable Mutex mutex_;
  std::map<DevicePointer, Allocation> memory_ CACHEBENCH_GUARDED_BY(mutex_);
};

/// Ordinary memory, locked where that is allowed: the engines are this processor's anyway.
class EmulatedPinnedMemory final : public PinnedMemory {
 public:
  [[nodiscard]] std::byte* allocate(Bytes size) override {
    std::optional<Mapping> mapping = Mapping::try_map(size);
    if (!mapping) return nullptr;
    static_cast<void>(mapping->lock());
    std::byte* const data = mapping->data();
    const MutexLock lock(mutex_);
    mappings_.emplace(data, std::move(*mapping));
    return data;
  }
  void release(std::byte* memory) noexcept override {
    Mapping dropped;
    const MutexLock lock(mutex_);
    const auto found = mappings_.find(memory);
    CACHEBENCH_CHECK(found != mappings_.end(), "memory that is not this device's");
    dropped = std::move(found->second);
    mappings_.erase(found);
  }

 private:
  Mutex mutex_;
  std::map<std::byte*, Mapping> mappings_ CACHEBENCH_GUARDED_BY(mutex_);
};

std::exception_ptr out_of_memory(DevicePointer pointer, std::size_t bytes) {
  return std::make_exception_ptr(Error(
      ErrorKind::kEnvironment, fmt::format("device \"emulated\": {} at {:#x} are not in its memory",
                                           format_bytes(Bytes{bytes}), static_cast<std::uint64_t>(pointer))));
}

// The room and the elements are the device's. Others may want the processor meanwhile, which is no part of
// the decoding.
CopyResult decoded(FormDecoder decoder, const FormToDevice& form, CopyResult result) {
  const Nanoseconds had = thread_time();
  const std::size_t bytes = form.form.size();
  const bool fits = decoder(form.encoding, {host_address(form.room), bytes}, form.meta,
                            {host_address(form.plain), form.meta.bytes().value});
  CACHEBENCH_CHECK(fits, "a form of {} bytes", bytes);
  result.service += thread_time() - had;
  return result;
}

class EmulatedStream final : public DeviceStream {
 public:
  EmulatedStream(CopyScheduler& scheduler, const Allocations& memory, FormDecoder decoder)
      : scheduler_(scheduler), memory_(memory), decoder_(decoder), state_(scheduler.new_stream()) {}
  ~EmulatedStream() override { scheduler_.wait_idle(*state_); }
  EmulatedStream(const EmulatedStream&) = delete;
  EmulatedStream& operator=(const EmulatedStream&) = delete;

  void memcpy_async(std::span<const HostToDevice> copies, CopyDone done) override {
    for (const HostToDevice& copy : copies) {
      if (refuses(copy.target, copy.source.size(), done)) return;
    }
    start(CopyDirection::kUp, copies, std::move(done), [](const HostToDevice& copy) {
      return CopyScheduler::Range{host_address(copy.target), copy.source.data(), copy.source.size()};
    });
  }
  void memcpy_async(std::span<const DeviceToHost> copies, CopyDone done) override {
    for (const DeviceToHost& copy : copies) {
      if (refuses(copy.source, copy.target.size(), done)) return;
    }
    start(CopyDirection::kDown, copies, std::move(done), [](const DeviceToHost& copy) {
      return CopyScheduler::Range{copy.target.data(), host_address(copy.source), copy.target.size()};
    });
  }
  // The stream stays busy until the completion is through, so what follows finds the elements.
  void decode_async(const FormToDevice& form, CopyDone done) override {
    if (refuses(form.plain, form.meta.bytes().value, done)) return;
    const HostToDevice copy{.target = form.room, .source = form.form};
    memcpy_async(std::span(&copy, 1),
                 [decoder = decoder_, form, done = std::move(done)](const CopyResult& copied) {
                   const CopyResult result = copied.error ? copied : decoded(decoder, form, copied);
                   if (done) done(result);
                 });
  }
  void record(DeviceEvent& event) override { scheduler_.record(state_, state_of(event)); }
  void wait_event(const DeviceEvent& event) override { scheduler_.wait_event(state_, state_of(event)); }
  [[nodiscard]] bool query() const override { return scheduler_.is_idle(*state_); }
  void synchronize() override {
    scheduler_.wait_idle(*state_);
    if (const std::exception_ptr lost = scheduler_.lost()) std::rethrow_exception(lost);
  }

 private:
  /// A range outside the device's memory fails alone, when it is submitted, as a driver's argument check
  /// does.
  [[nodiscard]] bool refuses(DevicePointer pointer, std::size_t bytes, const CopyDone& done) const {
    if (bytes == 0 || memory_.contains(pointer, bytes)) return false;
    if (done) done({.error = out_of_memory(pointer, bytes)});
    return true;
  }

  template <typename Copies, typename ToRange>
  void start(CopyDirection direction, Copies copies, CopyDone done, ToRange to_range) {
    if (copies.size() == 1) {
      const CopyScheduler::Range range = to_range(copies.front());
      scheduler_.copy(state_, direction, {&range, 1}, std::move(done));
      return;
    }
    std::vector<CopyScheduler::Range> ranges;
    ranges.reserve(copies.size());
    for (const auto& copy : copies) ranges.push_back(to_range(copy));
    scheduler_.copy(state_, direction, ranges, std::move(done));
  }

  CopyScheduler& scheduler_;
  const Allocations& memory_;
  const FormDecoder decoder_;
  std::shared_ptr<CopyScheduler::Stream> state_;
};

/// Bytes per second of this machine's memcpy: the best of a few, from and to memory touched before.
double measure_memcpy() {
  constexpr std::size_t kBytes = 8 * kMiB.value;
  constexpr int kTries = 4;
  const std::optional<Mapping> memory = Mapping::try_map(Bytes{2 * kBytes});
  if (!memory) return 0;
  std::memset(memory->data(), 1, 2 * kBytes);
  const RealClock clock;
  Nanoseconds best = Nanoseconds::max();
  for (int i = 0; i < kTries; ++i) {
    const Nanoseconds start = clock.now();
    std::memcpy(memory->data(), memory->data() + kBytes, kBytes);
    best = std::min(best, clock.now() - start);
  }
  return static_cast<double>(kBytes) * 1e9 / static_cast<double>(std::max<std::int64_t>(best.count(), 1));
}

void check_channel(const hardware::Channel& channel, const char* name) {
  if (!std::isfinite(channel.bytes_per_second) || channel.bytes_per_second <= 0 ||
      channel.latency.count() < 0) {
    throw Error(ErrorKind::kUsage,
                fmt::format("the emulated device cannot be throttled to {}: {} bytes a second, latency {} ns",
                            name, channel.bytes_per_second, channel.latency.count()));
  }
}

CopySchedulerOptions scheduler_options(const EmulatedDeviceOptions& options) {
  CopySchedulerOptions result{.links = {},
                              .engines_per_direction = options.engines_per_direction,
                              .inline_up_to = options.inline_up_to,
                              .lost_after_copies = options.lost_after_copies};
  if (options.throttle == Throttle::kOn) {
    check_channel(options.h2d, "h2d");
    check_channel(options.d2h, "d2h");
    result.links = {options.h2d, options.d2h};
  }
  return result;
}

class EmulatedDevice final : public DeviceApi {
 public:
  explicit EmulatedDevice(const EmulatedDeviceOptions& options)
      : options_(options), scheduler_(scheduler_options(options)) {
    if (options_.throttle == Throttle::kOn) examine_host();
  }

  [[nodiscard]] const char* kind() const override { return "emulated"; }

  [[nodiscard]] DeviceProperties properties() const override {
    return {.name = "emulated device",
            .total_memory = options_.memory,
            .async_engine_count = options_.engines_per_direction * static_cast<int>(kCopyDirections)};
  }

  [[nodiscard]] std::optional<DevicePointer> malloc(Bytes size) override {
    if (scheduler_.lost()) return std::nullopt;
    {
      const MutexLock lock(mutex_);
      if (options_.memory.value > 0 && (size > options_.memory || used_ > options_.memory - size)) return {};
      used_ += size;
    }
    std::optional<Mapping> mapping = Mapping::try_map(size);
    if (!mapping) {
      const MutexLock lock(mutex_);
      used_ -= size;
      return std::nullopt;
    }
    const auto pointer = static_cast<DevicePointer>(reinterpret_cast<std::uintptr_t>(mapping->data()));
    memory_.add(pointer, std::move(*mapping), size);
    return pointer;
  }

  void free(DevicePointer pointer) noexcept override {
    const Bytes size = memory_.remove(pointer);
    const MutexLock lock(mutex_);
    used_ -= size;
  }

  [[nodiscard]] std::shared_ptr<PinnedMemory> pinned_memory() override {
    return std::make_shared<EmulatedPinnedMemory>();
  }
  [[nodiscard]] bool can_decode(Encoding encoding, DType dtype) const override {
    return options_.decoder != nullptr && has_form(encoding, dtype);
  }
  [[nodiscard]] std::unique_ptr<DeviceStream> create_stream() override {
    return std::make_unique<EmulatedStream>(scheduler_, memory_, options_.decoder);
  }
  [[nodiscard]] std::optional<CopyResult> memcpy_at_once(const HostToDevice& copy,
                                                         const std::function<void()>& meanwhile) override {
    if (!copy.source.empty() && !memory_.contains(copy.target, copy.source.size())) {
      meanwhile();
      return CopyResult{.error = out_of_memory(copy.target, copy.source.size())};
    }
    const CopyScheduler::Range range{host_address(copy.target), copy.source.data(), copy.source.size()};
    return scheduler_.copy_at_once(CopyDirection::kUp, range, meanwhile);
  }
  [[nodiscard]] std::optional<CopyResult> decode_at_once(const FormToDevice& form,
                                                         const std::function<void()>& meanwhile) override {
    const Bytes plain = form.meta.bytes();
    if (plain.value > 0 && !memory_.contains(form.plain, plain.value)) {
      meanwhile();
      return CopyResult{.error = out_of_memory(form.plain, plain.value)};
    }
    const auto copied = memcpy_at_once({.target = form.room, .source = form.form}, meanwhile);
    return copied->error ? copied : decoded(options_.decoder, form, *copied);
  }
  [[nodiscard]] std::unique_ptr<DeviceEvent> create_event() override {
    return std::make_unique<EmulatedEvent>(scheduler_);
  }
  [[nodiscard]] Nanoseconds elapsed_time(const DeviceEvent& from, const DeviceEvent& to) const override {
    return scheduler_.reached_at(*state_of(to)) - scheduler_.reached_at(*state_of(from));
  }
  [[nodiscard]] std::vector<std::string> notes() const override { return notes_; }

 private:
  void examine_host() {
    const double memcpy_rate = measure_memcpy();
    const double link_rate = std::max(options_.h2d.bytes_per_second, options_.d2h.bytes_per_second);
    // Within a seventh they are the same: that much a memcpy of one moment differs from another's.
    if (link_rate > memcpy_rate * 7 / 6) {
      notes_.push_back(
          fmt::format("the emulated link of {:.1f} GB/s is faster than this machine's memcpy ({:.1f} GB/s): "
                      "large copies take the memcpy's time",
                      link_rate / 1e9, memcpy_rate / 1e9));
    }
    const Nanoseconds latency = options_.h2d.latency;  // of the copies that are timed
    // A fifth is what a model may be off; whoever waits for the copy is woken later still, as with a real
    // one.
    if (const Nanoseconds taken = measure_empty_copy(); taken > latency + latency / 5) {
      notes_.push_back(
          fmt::format("the emulated link's latency of {} is below what this machine takes for an empty copy "
                      "({}): small copies take longer than the profile says",
                      format_duration(latency), format_duration(taken)));
    }
  }

  /// An empty copy as small ones of hits go, on the asker's thread: the median of a few.
  [[nodiscard]] Nanoseconds measure_empty_copy() {
    constexpr std::size_t kTries = 9;
    const RealClock clock;
    std::array<Nanoseconds, kTries> taken;
    for (Nanoseconds& one : taken) {
      const Nanoseconds start = clock.now();
      static_cast<void>(memcpy_at_once({}, [] {}));
      one = clock.now() - start;
    }
    std::nth_element(taken.begin(), taken.begin() + kTries / 2, taken.end());
    return taken[kTries / 2];
  }

  const EmulatedDeviceOptions options_;
  std::vector<std::string> notes_;  // fixed once the device is made
  Allocations memory_;
  mutable Mutex mutex_;
  Bytes used_ CACHEBENCH_GUARDED_BY(mutex_);
  CopyScheduler scheduler_;  // last: its engines copy to and from the memory
};

}  // namespace

std::shared_ptr<DeviceApi> make_emulated_device(const EmulatedDeviceOptions& options) {
  return std::make_shared<EmulatedDevice>(options);
}

}  // namespace cachebench::tier

// SPDX-License-Identifier: Apache-2.0
#include "tier/device/emulated_device.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "core/check.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/sync.h"
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
  void synchronize() const override { scheduler_.wait_complete(*state_); }
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

class EmulatedStream final : public DeviceStream {
 public:
  explicit EmulatedStream(CopyScheduler& scheduler) : scheduler_(scheduler), state_(scheduler.new_stream()) {}
  ~EmulatedStream() override { scheduler_.wait_idle(*state_); }
  EmulatedStream(const EmulatedStream&) = delete;
  EmulatedStream& operator=(const EmulatedStream&) = delete;

  void memcpy_async(std::span<const HostToDevice> copies, CopyDone done) override {
    start(CopyDirection::kUp, copies, std::move(done), [](const HostToDevice& copy) {
      return CopyScheduler::Range{host_address(copy.target), copy.source.data(), copy.source.size()};
    });
  }
  void memcpy_async(std::span<const DeviceToHost> copies, CopyDone done) override {
    start(CopyDirection::kDown, copies, std::move(done), [](const DeviceToHost& copy) {
      return CopyScheduler::Range{copy.target.data(), host_address(copy.source), copy.target.size()};
    });
  }
  void record(DeviceEvent& event) override { scheduler_.record(state_, state_of(event)); }
  void wait_event(const DeviceEvent& event) override { scheduler_.wait_event(state_, state_of(event)); }
  [[nodiscard]] bool query() const override { return scheduler_.is_idle(*state_); }
  void synchronize() override { scheduler_.wait_idle(*state_); }

 private:
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
                              .inline_up_to = options.inline_up_to};
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
    {
      const MutexLock lock(mutex_);
      if (options_.memory.value > 0 && (size > options_.memory || used_ > options_.memory - size)) return {};
      used_ += size;
    }
    std::optional<Mapping> mapping = Mapping::try_map(size);
    const MutexLock lock(mutex_);
    if (!mapping) {
      used_ -= size;
      return std::nullopt;
    }
    const auto pointer = static_cast<DevicePointer>(reinterpret_cast<std::uintptr_t>(mapping->data()));
    memory_.emplace(pointer, Allocation{.mapping = std::move(*mapping), .size = size});
    return pointer;
  }

  void free(DevicePointer pointer) noexcept override {
    Allocation dropped;
    const MutexLock lock(mutex_);
    const auto found = memory_.find(pointer);
    CACHEBENCH_CHECK(found != memory_.end(), "no device memory at {}", static_cast<std::uint64_t>(pointer));
    used_ -= found->second.size;
    dropped = std::move(found->second);
    memory_.erase(found);
  }

  [[nodiscard]] std::unique_ptr<DeviceStream> create_stream() override {
    return std::make_unique<EmulatedStream>(scheduler_);
  }
  [[nodiscard]] std::unique_ptr<DeviceEvent> create_event() override {
    return std::make_unique<EmulatedEvent>(scheduler_);
  }
  [[nodiscard]] Nanoseconds elapsed_time(const DeviceEvent& from, const DeviceEvent& to) const override {
    return scheduler_.reached_at(*state_of(to)) - scheduler_.reached_at(*state_of(from));
  }
  [[nodiscard]] std::vector<std::string> notes() const override { return notes_; }

 private:
  struct Allocation {
    Mapping mapping;
    Bytes size;
  };

  void examine_host() {
    const double memcpy_rate = measure_memcpy();
    const double link_rate = std::max(options_.h2d.bytes_per_second, options_.d2h.bytes_per_second);
    if (link_rate > memcpy_rate) {
      notes_.push_back(
          fmt::format("the emulated link of {:.1f} GB/s is faster than this machine's memcpy ({:.1f} GB/s): "
                      "large copies take the memcpy's time",
                      link_rate / 1e9, memcpy_rate / 1e9));
    }
    const Nanoseconds latency = std::min(options_.h2d.latency, options_.d2h.latency);
    if (const Nanoseconds lateness = measure_lateness(); lateness > latency) {
      notes_.push_back(
          fmt::format("the emulated link's latency of {} is below this machine's hand-over between threads "
                      "({}): small copies take longer than the profile says",
                      format_duration(latency), format_duration(lateness)));
    }
  }

  /// How much longer than the link's latency an empty copy takes: the median of a few.
  [[nodiscard]] Nanoseconds measure_lateness() {
    constexpr std::size_t kTries = 9;
    const RealClock clock;
    const std::unique_ptr<DeviceStream> stream = create_stream();
    std::array<Nanoseconds, kTries> taken;
    for (Nanoseconds& one : taken) {
      const Nanoseconds start = clock.now();
      stream->memcpy_async(std::span<const HostToDevice>{}, {});
      stream->synchronize();
      one = clock.now() - start;
    }
    std::nth_element(taken.begin(), taken.begin() + kTries / 2, taken.end());
    return std::max(Nanoseconds{0}, taken[kTries / 2] - options_.h2d.latency);
  }

  const EmulatedDeviceOptions options_;
  std::vector<std::string> notes_;  // fixed once the device is made
  mutable Mutex mutex_;
  std::map<DevicePointer, Allocation> memory_ CACHEBENCH_GUARDED_BY(mutex_);
  Bytes used_ CACHEBENCH_GUARDED_BY(mutex_);
  CopyScheduler scheduler_;  // last: its engines copy to and from the memory
};

}  // namespace

std::shared_ptr<DeviceApi> make_emulated_device(const EmulatedDeviceOptions& options) {
  return std::make_shared<EmulatedDevice>(options);
}

}  // namespace cachebench::tier

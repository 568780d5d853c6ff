// SPDX-License-Identifier: Apache-2.0
// Copies in host memory that is too large for the processor's caches: one thread's, and all threads'
// together.
#include <algorithm>
#include <barrier>
#include <cstring>
#include <thread>
#include <vector>

#include "bench/calibrate/memory.h"
#include "bench/calibrate/part.h"
#include "core/registry.h"
#include "hardware/live_machine.h"

namespace cachebench::bench {
namespace {

constexpr Bytes kQuick{16 * kMiB.value};

// Each copies its part of the arrays; the slowest ends the time.
class CopyCrew {
 public:
  CopyCrew(int threads, Bytes all) : line_(threads + 1) {
    const Bytes each{std::max(all.value / static_cast<std::uint64_t>(threads), kMiB.value)};
    for (int i = 0; i < threads; ++i) {
      source_.push_back(touched_memory(each));
      target_.push_back(touched_memory(each));
    }
    for (std::size_t i = 0; i < source_.size(); ++i) threads_.emplace_back([this, i] { work(i); });
  }
  ~CopyCrew() {
    ending_ = true;
    line_.arrive_and_wait();
    for (std::thread& thread : threads_) thread.join();
  }
  CopyCrew(const CopyCrew&) = delete;
  CopyCrew& operator=(const CopyCrew&) = delete;

  /// Bytes a second, all together.
  [[nodiscard]] double once(const Clock& clock) {
    const Nanoseconds begun = clock.now();
    line_.arrive_and_wait();
    line_.arrive_and_wait();
    return rate(source_.front().size() * source_.size(), clock.now() - begun);
  }

 private:
  void work(std::size_t i) {
    while (true) {
      line_.arrive_and_wait();
      if (ending_) return;
      std::memcpy(target_[i].data(), source_[i].data(), source_[i].size().value);
      line_.arrive_and_wait();
    }
  }

  std::vector<tier::Mapping> source_;
  std::vector<tier::Mapping> target_;
  std::barrier<> line_;
  bool ending_ = false;  // written before a barrier, read after it
  std::vector<std::thread> threads_;
};

void run(Session& session) {
  const Bytes size = session.options().quick ? kQuick : beyond_caches();
  {
    const tier::Mapping source = touched_memory(size);
    const tier::Mapping target = touched_memory(size);
    const auto one = session.measure({.name = "memcpy_1_thread", .unit = "bytes/s"}, [&] {
      const Nanoseconds begun = session.clock().now();
      std::memcpy(target.data(), source.data(), size.value);
      return rate(size, session.clock().now() - begun);
    });
    if (one) {
      session.set_figure("host_memcpy_bytes_per_second", one->median, *one,
                         fmt::format("arrays of {}, one thread", format_bytes(size)));
    }
  }
  const int threads = hardware::allowed_threads();
  CopyCrew crew(threads, size);
  const auto all = session.measure({.name = fmt::format("memcpy_{}_threads", threads), .unit = "bytes/s"},
                                   [&] { return crew.once(session.clock()); });
  // What is read and what is written both pass the memory of the device that is emulated in it.
  if (all) {
    session.set_figure("device_bytes_per_second", 2 * all->median, *all,
                       fmt::format("emulated in host memory, read and written by {} threads, arrays of {}",
                                   threads, format_bytes(size)));
  }
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "memcpy", .order = 10, .doc = "Copies in host memory", .run = run});

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
// How near stages that run at the same time come to the slowest of them alone. Four stages of equal cost:
// load waits for an SSD (emulated: the profile's rate), transfer for the emulated device's link, compute and
// post-process keep a core busy each.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "core/clock.h"
#include "core/hash.h"
#include "hardware/profile.h"
#include "pipeline/io/optimized_io.h"
#include "pipeline/stages/efficient_pipeline.h"
#include "tier/device/link_schedule.h"
#include "tier/device/precise_wait.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

constexpr std::size_t kJobs = 100;

/// The four stages, each calibrated to the same time.
class Stages {
 public:
  explicit Stages(Nanoseconds cost)
      : profile_(hardware::find_profile("i5-10210u-mx250-nvme")),
        ssd_({.bytes_per_second = profile_.ssd_read.bytes_per_second, .latency = Nanoseconds{0}}),
        wait_(tier::PreciseWait::measure_timer_error()),
        io_(emulated_device_for(profile_, {}, tier::Throttle::kOn), clock_, {}),
        data_(1 << 20) {
    const double seconds = static_cast<double>(cost.count()) / 1e9;
    const auto bytes = static_cast<std::int64_t>(profile_.h2d.bytes_per_second * seconds);
    input_ = SharedTensor({.shape = {bytes}, .dtype = DType::kU8},
                          std::vector<std::byte>(static_cast<std::size_t>(bytes)));
    ssd_bytes_ = Bytes{static_cast<std::uint64_t>(profile_.ssd_read.bytes_per_second * seconds)};
    for (int round = 0; round < 3; ++round) {
      const Nanoseconds begun = clock_.now();
      for (int i = 0; i < 100; ++i) benchmark::DoNotOptimize(hash64(data_));
      rounds_ = std::max<std::int64_t>(1, cost.count() * 100 / (clock_.now() - begun).count());
    }
  }

  void run(std::size_t stage) {
    switch (stage) {
      case 0:
        return wait_.until(ssd_.reserve(clock_.now(), ssd_bytes_).complete);
      case 1: {
        auto upload = io_.upload(std::span(&input_, 1));
        return upload.wait();
      }
      default:
        for (std::int64_t i = 0; i < rounds_; ++i) benchmark::DoNotOptimize(hash64(data_));
    }
  }
  [[nodiscard]] const Clock& clock() const { return clock_; }

 private:
  const RealClock clock_;
  const hardware::Profile profile_;
  tier::LinkSchedule ssd_;
  const tier::PreciseWait wait_;
  OptimizedIOMechanism io_;
  std::vector<std::byte> data_;
  SharedTensor input_;
  Bytes ssd_bytes_;
  std::int64_t rounds_ = 1;
};

class Job final : public PipelineJob {
 public:
  explicit Job(Stages& stages) : stages_(stages) {}
  void run(std::size_t stage) override { stages_.run(stage); }
  void end(std::exception_ptr) noexcept override {}

 private:
  Stages& stages_;
};

EfficientPipelineOptions options_of(bool overlap) {
  EfficientPipelineOptions options;
  options.overlap = overlap;
  for (const char* name : {"load", "transfer", "compute", "post"})
    options.stages.push_back({.name = name, .workers = 1, .max_workers = 1, .queue = 4});
  return options;
}

double seconds_since(const Clock& clock, Nanoseconds begun) {
  return static_cast<double>((clock.now() - begun).count()) / 1e9;
}

void overlap(benchmark::State& state) {
  Stages stages(Nanoseconds{state.range(0) * 1'000'000});
  double together = 0;
  double slowest = 0;
  double one_by_one = 0;
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t stage = 0; stage < 4; ++stage) {
      const Nanoseconds begun = stages.clock().now();
      for (std::size_t i = 0; i < kJobs; ++i) stages.run(stage);
      slowest = std::max(slowest, seconds_since(stages.clock(), begun));
    }
    for (const bool overlapped : {true, false}) {
      EfficientPipeline pipeline(options_of(overlapped), stages.clock());
      const Nanoseconds begun = stages.clock().now();
      for (std::size_t i = 0; i < kJobs; ++i) pipeline.submit(std::make_unique<Job>(stages));
      pipeline.drain();
      (overlapped ? together : one_by_one) = seconds_since(stages.clock(), begun);
    }
  }
  state.counters["of_slowest_alone"] = slowest / together;
  state.counters["against_one_by_one"] = one_by_one / together;
  state.counters["batches_per_s"] = static_cast<double>(kJobs) / together;
}
BENCHMARK(overlap)
    ->Arg(2)
    ->Arg(10)
    ->Iterations(1)
    ->Repetitions(3)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();

// SPDX-License-Identifier: Apache-2.0
// How near stages that run at the same time come to the slowest of them alone. Four stages of equal cost:
// load waits for an SSD (emulated: the profile's rate), transfer for the emulated device's link, compute and
// post-process keep a core busy each.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
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

constexpr std::size_t kStages = 4;
constexpr std::size_t kJobs = 200;  // at once: filling and emptying the stages is 3 jobs' time of it
constexpr std::size_t kAlone = 40;  // of a stage alone, and one by one

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
    meta_ = {.shape = {bytes}, .dtype = DType::kU8};
    ssd_bytes_ = Bytes{static_cast<std::uint64_t>(profile_.ssd_read.bytes_per_second * seconds)};
    for (int round = 0; round < 3; ++round) {
      const Nanoseconds begun = clock_.now();
      for (int i = 0; i < 100; ++i) benchmark::DoNotOptimize(hash64(data_));
      rounds_ = std::max<std::int64_t>(1, cost.count() * 100 / (clock_.now() - begun).count());
    }
  }

  /// As reads past the system's cache do, the SSD's bytes land in page-locked memory, which goes up from
  /// there.
  void run(std::size_t stage, SharedTensor& input) {
    switch (stage) {
      case 0:
        input = io_.page_locked(meta_).tensor;
        return wait_.until(ssd_.reserve(clock_.now(), ssd_bytes_).complete);
      case 1: {
        auto upload = io_.upload(std::span(&input, 1));
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
  TensorMeta meta_;
  Bytes ssd_bytes_;
  std::int64_t rounds_ = 1;
};

class Job final : public PipelineJob {
 public:
  Job(Stages& stages, std::vector<Nanoseconds>& ended) : stages_(stages), ended_(ended) {}
  void run(std::size_t stage) override {
    stages_.run(stage, input_);
    if (stage == 1) input_ = {};                                        // it is on the device
    if (stage + 1 == kStages) ended_.push_back(stages_.clock().now());  // one at a time in the last stage
  }
  void end(std::exception_ptr) noexcept override {}

 private:
  Stages& stages_;
  std::vector<Nanoseconds>& ended_;
  SharedTensor input_;
};

EfficientPipelineOptions options_of(bool overlap) {
  EfficientPipelineOptions options;
  options.overlap = overlap;
  for (const char* name : {"load", "transfer", "compute", "post"})
    options.stages.push_back({.name = name, .workers = 1, .max_workers = 1, .queue = 4});
  return options;
}

double seconds(Nanoseconds time) {
  return static_cast<double>(time.count()) / 1e9;
}

/// Time and processor time of a job.
struct Cost {
  double seconds = 0;
  double cpu = 0;
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Cost alone(Stages& stages, std::size_t stage) {
  SharedTensor input;
  for (std::size_t first = 0; first <= stage; ++first) stages.run(first, input);
  const Nanoseconds begun = stages.clock().now();
  const double cpu = cpu_seconds();
  for (std::size_t i = 0; i < kAlone; ++i) stages.run(stage, input);
  return {.seconds = seconds(stages.clock().now() - begun) / kAlone, .cpu = (cpu_seconds() - cpu) / kAlone};
}

/// Of a job among many; `whole` with the filling and emptying of the stages, else between the first job's
/// end and the last one's.
struct Together {
  Cost whole;
  double steady = 0;
};

Together together(Stages& stages, bool overlap, std::size_t jobs) {
  std::vector<Nanoseconds> ended;
  EfficientPipeline pipeline(options_of(overlap), stages.clock());
  const Nanoseconds begun = stages.clock().now();
  const double cpu = cpu_seconds();
  for (std::size_t i = 0; i < jobs; ++i) pipeline.submit(std::make_unique<Job>(stages, ended));
  pipeline.drain();
  const auto count = static_cast<double>(jobs);
  return {.whole = {.seconds = seconds(ended.back() - begun) / count, .cpu = (cpu_seconds() - cpu) / count},
          .steady = seconds(ended.back() - ended.front()) / (count - 1)};
}

void overlap(benchmark::State& state) {
  Stages stages(Nanoseconds{state.range(0) * 1'000'000});
  const char* const names[kStages] = {"load", "transfer", "compute", "post"};
  for ([[maybe_unused]] auto _ : state) {
    double slowest = 0;
    double cpu = 0;
    for (std::size_t stage = 0; stage < kStages; ++stage) {
      const Cost cost = alone(stages, stage);
      slowest = std::max(slowest, cost.seconds);
      cpu += cost.cpu;
      state.counters[std::string(names[stage]) + "_ms"] = cost.seconds * 1e3;
      state.counters[std::string(names[stage]) + "_cpu_ms"] = cost.cpu * 1e3;
    }
    const Together at_once = together(stages, true, kJobs);
    const Together in_turn = together(stages, false, kAlone);
    state.counters["of_slowest_alone"] = slowest / at_once.whole.seconds;
    state.counters["steady_of_slowest_alone"] = slowest / at_once.steady;
    state.counters["cpu_bound"] = std::min(1.0, slowest * std::thread::hardware_concurrency() / cpu);
    state.counters["cpu_ms"] = at_once.whole.cpu * 1e3;
    state.counters["against_one_by_one"] = in_turn.whole.seconds / at_once.whole.seconds;
  }
}
BENCHMARK(overlap)
    ->Arg(2)
    ->Arg(10)
    ->Iterations(1)
    ->Repetitions(6)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();

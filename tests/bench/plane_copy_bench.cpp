// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "hardware/profile.h"
#include "tier/device/device_plane.h"
#include "tier/device/emulated_device.h"
#include "tier/host/host_plane.h"
#include "tier/mapping.h"

// What a hit costs to move, beside what the machine can do: a plain memcpy of the same size between the same
// sort of memory. Wanted: hits in host memory and unthrottled copies to the device at 80% of memcpy or more,
// throttled ones at 95% of the profile's link or more. Each program run measures the base line anew; compare
// within one.
namespace {

using namespace cachebench;

hardware::Profile default_profile() {
  return hardware::read_profile(std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles/" +
                                hardware::kDefaultProfile + ".json");
}

// Each operation takes the next of several blocks, as a cache does: a single one would stay in the
// processor's.
constexpr std::uint64_t kFootprint = 256 * kMiB.value;

std::size_t blocks_for(std::size_t bytes) {
  return static_cast<std::size_t>(kFootprint) / bytes;
}

tier::Mapping touched(Bytes size) {
  std::optional<tier::Mapping> mapping = tier::Mapping::try_map(size);
  if (!mapping) throw std::runtime_error("no memory for the benchmark");
  std::memset(mapping->data(), 1, mapping->size().value);
  return std::move(*mapping);
}

/// A plane filled with blocks of one size, all of them written once.
struct FilledPlane {
  FilledPlane(std::unique_ptr<tier::Plane> owned, std::size_t bytes)
      : plane(std::move(owned)), buffer(touched(Bytes{bytes})) {
    for (std::size_t i = 0; i < blocks_for(bytes); ++i) {
      blocks.push_back(plane->allocate(Bytes{bytes}).value());
      (void)plane->write(blocks.back(), {}, source()).wait();
    }
  }
  ~FilledPlane() {
    for (const tier::Block& block : blocks) plane->release(block);
  }
  FilledPlane(const FilledPlane&) = delete;
  FilledPlane& operator=(const FilledPlane&) = delete;

  [[nodiscard]] std::span<const std::byte> source() const { return buffer.span(); }
  [[nodiscard]] const tier::Block& next() { return blocks[at++ % blocks.size()]; }

  std::unique_ptr<tier::Plane> plane;
  tier::Mapping buffer;
  std::vector<tier::Block> blocks;
  std::size_t at = 0;
};

std::unique_ptr<tier::Plane> host_plane() {
  return tier::make_host_plane({.capacity = Bytes{kFootprint}});
}

std::unique_ptr<tier::Plane> device_plane(tier::Throttle throttle) {
  const hardware::Profile profile = default_profile();
  return tier::make_device_plane(
      {.capacity = Bytes{kFootprint}},
      tier::make_emulated_device({.h2d = profile.h2d, .d2h = profile.d2h, .throttle = throttle}));
}

using Seconds = std::chrono::duration<double>;

template <typename Operation>
double seconds_of(Operation operation) {
  const auto start = std::chrono::steady_clock::now();
  operation();
  benchmark::ClobberMemory();
  return Seconds(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Times an operation and the memcpy that does the same, turn by turn, so that whatever else the machine does
/// meets both. The medians' ratio is the figure: of_memcpy = 1 is as fast as memcpy.
template <typename Base, typename Operation>
void beside_memcpy(benchmark::State& state, Base base, Operation operation) {
  std::vector<double> base_seconds;
  std::vector<double> seconds;
  for (auto _ : state) {
    base_seconds.push_back(seconds_of(base));
    seconds.push_back(seconds_of(operation));
    state.SetIterationTime(seconds.back());
  }
  const auto bytes = static_cast<double>(state.range(0));
  const double base_median = median(base_seconds);
  const double operation_median = median(seconds);
  state.counters["memcpy_GB/s"] = bytes / base_median / 1e9;
  state.counters["GB/s"] = bytes / operation_median / 1e9;
  state.counters["of_memcpy"] = base_median / operation_median;
}

void l2_hit_to_host_memory(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  FilledPlane host(host_plane(), bytes);
  const tier::Mapping from = touched(Bytes{kFootprint});
  const tier::Mapping to = touched(Bytes{bytes});
  std::size_t at = 0;
  beside_memcpy(
      state,
      [&] {
        std::memcpy(to.data(), from.data() + at * bytes, bytes);
        at = (at + 1) % blocks_for(bytes);
      },
      [&] { (void)host.plane->read(host.next(), host.buffer.span()).wait(); });
}

void l2_to_l1(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  FilledPlane host(host_plane(), bytes);
  FilledPlane device(device_plane(tier::Throttle::kOff), bytes);
  const tier::Mapping from = touched(Bytes{kFootprint});
  const tier::Mapping to = touched(Bytes{kFootprint});
  std::size_t at = 0;
  beside_memcpy(
      state,
      [&] {
        std::memcpy(to.data() + at * bytes, from.data() + at * bytes, bytes);
        at = (at + 1) % blocks_for(bytes);
      },
      [&] { (void)device.plane->write(device.next(), {}, host.plane->host_view(host.next())).wait(); });
}

void throttled(benchmark::State& state, std::size_t in_flight) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  FilledPlane host(host_plane(), bytes);
  FilledPlane device(device_plane(tier::Throttle::kOn), bytes);
  std::vector<tier::Ticket> tickets(in_flight);
  std::size_t at = 0;
  const double seconds = seconds_of([&] {
    for (auto _ : state) {
      tier::Ticket& ticket = tickets[at++ % in_flight];
      (void)ticket.wait();
      ticket = device.plane->write(device.next(), {}, host.plane->host_view(host.next()));
      if (in_flight == 1) (void)ticket.wait();
    }
    for (const tier::Ticket& ticket : tickets) (void)ticket.wait();
  });
  const hardware::Channel link = default_profile().h2d;
  const double moved = static_cast<double>(state.iterations()) * static_cast<double>(bytes);
  const double modelled =
      static_cast<double>(state.iterations()) * static_cast<double>(link.latency.count()) / 1e9 +
      moved / link.bytes_per_second;
  state.counters["of_link"] = moved / seconds / link.bytes_per_second;
  if (in_flight == 1) state.counters["of_model"] = modelled / seconds;  // latency included
}

void l2_to_l1_throttled(benchmark::State& state) {
  throttled(state, 1);
}
void l2_to_l1_throttled_four_in_flight(benchmark::State& state) {
  throttled(state, 4);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t mib : {1, 4, 16, 64}) benchmark->Arg(mib * static_cast<std::int64_t>(kMiB.value));
}

BENCHMARK(l2_hit_to_host_memory)->Apply(sizes)->UseManualTime();
BENCHMARK(l2_to_l1)->Apply(sizes)->UseManualTime();
BENCHMARK(l2_to_l1_throttled)->Apply(sizes)->UseRealTime();
BENCHMARK(l2_to_l1_throttled_four_in_flight)->Apply(sizes)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();

// SPDX-License-Identifier: Apache-2.0
#include "hardware/noise.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <sstream>

#include "hardware/kernel_books.h"
#include "hardware/small_files.h"

namespace cachebench::hardware {
namespace {

struct CpuTimes {
  std::uint64_t all = 0;
  std::uint64_t stolen = 0;
};

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice": guests are in user and nice
// already.
std::optional<CpuTimes> cpu_times(const std::string& proc) {
  std::istringstream words(first_line(proc + "/stat"));
  std::string label;
  if (!(words >> label) || label != "cpu") return std::nullopt;
  std::array<std::uint64_t, 8> times{};
  for (std::uint64_t& time : times) {
    if (!(words >> time)) return std::nullopt;
  }
  CpuTimes sums;
  for (const std::uint64_t time : times) sums.all += time;
  sums.stolen = times.back();
  return sums;
}

std::optional<double> stolen_between(const std::optional<CpuTimes>& before,
                                     const std::optional<CpuTimes>& after) {
  if (!before || !after || after->all <= before->all || after->stolen < before->stolen) return std::nullopt;
  return static_cast<double>(after->stolen - before->stolen) / static_cast<double>(after->all - before->all);
}

void spin(Nanoseconds duration, Noise& noise) {
  constexpr Nanoseconds kGap{10'000};
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Clock::time_point last = start;
  Nanoseconds lost{0};
  while (last - start < duration) {
    const Clock::time_point now = Clock::now();
    const Nanoseconds gap = now - last;
    noise.largest_gap = std::max(noise.largest_gap, gap);
    if (gap > kGap) lost += gap;
    last = now;
  }
  const Nanoseconds whole = last - start;
  if (whole.count() > 0)
    noise.lost_share = static_cast<double>(lost.count()) / static_cast<double>(whole.count());
}

}  // namespace

Noise measure_noise(Nanoseconds duration, const NoiseSources& sources) {
  Noise noise;
  const std::optional<CpuTimes> before = cpu_times(sources.proc);
  spin(duration, noise);
  noise.steal_share = stolen_between(before, cpu_times(sources.proc));
  noise.cpu_pressure = pressure_share(sources.proc, "cpu");
  noise.governor = first_line(sources.sys + "/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  return noise;
}

}  // namespace cachebench::hardware

// SPDX-License-Identifier: Apache-2.0
#include "bench/run/repeat.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cachebench::bench {
namespace {

constexpr std::uint32_t kMostRepeats = 10;
constexpr double kNarrow = 0.05;

double seconds_of(const result::RunResult& run) {
  return static_cast<double>(run.totals.elapsed_ns) / 1e9;
}

std::vector<double> seconds_of(const std::vector<result::RunResult>& runs) {
  std::vector<double> seconds;
  for (const result::RunResult& run : runs) seconds.push_back(seconds_of(run));
  return seconds;
}

bool is_narrow(const std::vector<result::RunResult>& runs) {
  const auto interval = median_interval(seconds_of(runs));
  if (!interval) return false;
  return interval->high - interval->median <= kNarrow * interval->median &&
         interval->median - interval->low <= kNarrow * interval->median;
}

void add_repeats(const std::vector<result::RunResult>& runs, result::RunResult& chosen) {
  auto manifest = nlohmann::ordered_json::parse(chosen.manifest);
  auto& repeats = manifest["repeats"] = nlohmann::ordered_json::array();
  for (const result::RunResult& run : runs) {
    repeats.push_back({{"elapsed_ns", run.totals.elapsed_ns},
                       {"accesses_per_second", run.totals.accesses_per_second().value_or(0)}});
  }
  if (const auto interval = median_interval(seconds_of(runs))) {
    manifest["elapsed_interval_s"] = {interval->low, interval->high};
  }
  chosen.manifest = manifest.dump();
}

}  // namespace

std::optional<MedianInterval> median_interval(std::vector<double> samples) {
  const std::size_t n = samples.size();
  if (n < 6) return std::nullopt;
  std::sort(samples.begin(), samples.end());
  // The largest r with P(fewer than r of n fair coins show heads) <= 2.5%: the r-th smallest and largest
  // bound it.
  double tail = 0;
  double term = 1;
  for (std::size_t i = 0; i < n; ++i) term *= 0.5;
  std::size_t r = 0;
  for (std::size_t k = 0; k < n / 2; ++k) {
    tail += term;
    if (tail > 0.025) break;
    r = k + 1;
    term = term * static_cast<double>(n - k) / static_cast<double>(k + 1);
  }
  const double median = n % 2 == 1 ? samples[n / 2] : 0.5 * (samples[n / 2 - 1] + samples[n / 2]);
  return MedianInterval{.low = samples[r - 1], .median = median, .high = samples[n - r]};
}

result::RunResult run_repeatedly(const RunInputs& inputs) {
  const std::uint32_t wanted = inputs.config.load.repeat;
  std::vector<result::RunResult> runs;
  do {
    runs.push_back(run_experiment(inputs));
    if (runs.back().status == result::Status::kPartial) return std::move(runs.back());
  } while (wanted > 0 ? runs.size() < wanted : runs.size() < kMostRepeats && !is_narrow(runs));
  if (runs.size() == 1) return std::move(runs.front());
  std::vector<std::size_t> order(runs.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return runs[a].totals.elapsed_ns < runs[b].totals.elapsed_ns;
  });
  result::RunResult chosen = runs[order[order.size() / 2]];
  add_repeats(runs, chosen);
  return chosen;
}

}  // namespace cachebench::bench

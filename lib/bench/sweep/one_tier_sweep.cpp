// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/one_tier_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <exception>

#include "core/clock.h"
#include "core/error.h"
#include "core/sync.h"
#include "core/thread_pool.h"
#include "policy/eviction.h"

namespace cachebench::bench {
namespace {

std::vector<std::string_view> split(std::string_view list, std::string_view what) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t comma = list.find(',', begin);
    const std::string_view part = list.substr(begin, comma == list.npos ? comma : comma - begin);
    if (part.empty()) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("'{}' has an empty entry: write {} separated by commas", list, what));
    }
    parts.push_back(part);
    if (comma == list.npos) return parts;
    begin = comma + 1;
  }
}

SizeSpec parse_entries(std::string_view text) {
  std::uint64_t entries = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, entries);
  if (failed == std::errc{} && stop == end) return SizeSpec{.absolute = Bytes{entries}};
  if (text.back() == '%') return parse_size(text);
  throw Error(
      ErrorKind::kUsage,
      fmt::format("'{}' is not a capacity: where each object counts 1, write a number of objects such as "
                  "1000, or a share such as 10%",
                  text));
}

SizeSpec parse_byte_capacity(std::string_view text) {
  try {
    return parse_size(text);
  } catch (const Error&) {
    throw Error(
        ErrorKind::kUsage,
        fmt::format("'{}' is not a capacity: write a size such as 4096, 64KiB, 1.5GiB or 10MB, or a share "
                    "of the working set such as 10%",
                    text));
  }
}

/// Runs one job per point on the pool and hands the first failure, by point, to the caller.
class Runner {
 public:
  Runner(const LoadedAccesses& trace, const SweepRun& run) : trace_(trace), run_(run) {}

  void run_point(const SweepPolicy& policy, SweepPoint& point) CACHEBENCH_EXCLUDES(mutex_) {
    try {
      const std::unique_ptr<policy::EvictionPolicy> eviction = policy::make_eviction(
          policy.spec,
          {.capacity = point.capacity, .seed = run_.seed, .expected_entries = trace_.columns.objects()});
      const RealClock clock;
      const Nanoseconds start = clock.now();
      point.counts = cache::simulate_one_tier(trace_.columns, point.capacity, *eviction);
      point.seconds = static_cast<double>((clock.now() - start).count()) * 1e-9;
      const MutexLock lock(mutex_);
      if (run_.on_point) run_.on_point(point);
    } catch (...) {
      const MutexLock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  void rethrow() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const LoadedAccesses& trace_;
  const SweepRun& run_;
  Mutex mutex_;
  std::exception_ptr failure_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace

std::vector<SweepPolicy> parse_policies(std::string_view list) {
  std::vector<SweepPolicy> policies;
  for (const std::string_view part : split(list, "policies")) {
    SweepPolicy policy{std::string(part), parse_named_parameters(part)};
    // Made once for its checks; the real ones know the capacity.
    static_cast<void>(policy::make_eviction(policy.spec, {.capacity = Bytes{1}}));
    policies.push_back(std::move(policy));
  }
  return policies;
}

std::vector<SizeSpec> parse_capacities(std::string_view list, SizeCounting counting) {
  std::vector<SizeSpec> capacities;
  for (const std::string_view part : split(list, "capacities")) {
    capacities.push_back(counting == SizeCounting::kUnit ? parse_entries(part) : parse_byte_capacity(part));
  }
  return capacities;
}

Bytes resolve_capacity(const SizeSpec& capacity, const cache::AccessColumns& columns, SizeCounting counting) {
  const Bytes resolved = capacity.resolve(columns.bytes_distinct());
  if (counting == SizeCounting::kUnit && capacity.is_share) return std::max(resolved, Bytes{1});
  return resolved;
}

std::vector<SweepPoint> sweep_one_tier(const LoadedAccesses& trace, const SweepGrid& grid,
                                       SizeCounting counting, const SweepRun& run) {
  std::vector<SweepPoint> points;
  points.reserve(grid.policies.size() * grid.capacities.size());
  for (const SweepPolicy& policy : grid.policies) {
    for (const SizeSpec& capacity : grid.capacities) {
      points.push_back({.policy = policy.text,
                        .capacity = resolve_capacity(capacity, trace.columns, counting),
                        .counts = {},
                        .seconds = 0});
    }
  }
  Runner runner(trace, run);
  {
    ThreadPool pool(std::clamp<std::size_t>(run.threads, 1, points.size()), "sweep");
    for (std::size_t i = 0; i < points.size(); ++i) {
      const SweepPolicy& policy = grid.policies[i / grid.capacities.size()];
      pool.submit([&runner, &policy, &point = points[i]] { runner.run_point(policy, point); });
    }
    pool.drain();
  }
  runner.rethrow();
  return points;
}

}  // namespace cachebench::bench

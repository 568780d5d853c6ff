// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/one_tier_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "core/clock.h"
#include "core/error.h"
#include "core/sync.h"
#include "core/thread_pool.h"
#include "policy/eviction.h"
#include "policy/one_tier/replay.h"

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

/// A number of objects or a share; nothing when it is neither.
std::optional<SizeSpec> parse_entries(std::string_view text) {
  if (text.back() == '%') return parse_size(text);
  std::uint64_t entries = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, entries);
  if (failed != std::errc{} || stop != end) return std::nullopt;
  return SizeSpec{.absolute = Bytes{entries}, .share = 0, .is_share = false};
}

SizeSpec parse_capacity(std::string_view text, SizeCounting counting) {
  const bool is_unit = counting == SizeCounting::kUnit;
  try {
    const std::optional<SizeSpec> capacity = is_unit ? parse_entries(text) : parse_size(text);
    if (capacity) return *capacity;
  } catch (const Error&) {
    // Told below, with what a capacity in particular may be.
  }
  throw Error(ErrorKind::kUsage,
              fmt::format("'{}' is not a capacity: write {}, or a share of the working set such as 10%", text,
                          is_unit ? "a number of objects such as 1000 (each counts 1)"
                                  : "a size such as 4096, 64KiB, 1.5GiB or 10MB"));
}

result::Totals totals_of(const policy::OneTierCounts& counts, const LoadedAccesses& trace,
                         Nanoseconds elapsed) {
  result::Totals totals;
  totals.requests = trace.records;
  totals.accesses = counts.accesses;
  totals.hits = counts.accesses - counts.misses;
  totals.misses = counts.misses;
  totals.bytes_requested = counts.bytes_requested;
  totals.bytes_hit = counts.bytes_requested - counts.bytes_missed;
  totals.bytes_missed = counts.bytes_missed;
  totals.evictions = counts.evictions;
  totals.elapsed_ns = elapsed.count();
  return totals;
}

/// Runs one job per point on the pool and hands the first failure to the caller.
class Runner {
 public:
  Runner(const LoadedAccesses& trace, const SweepRun& run, std::span<const std::uint32_t> next_uses)
      : trace_(trace), run_(run), next_uses_(next_uses) {}

  void run_point(const SweepPolicy& policy, result::SweepPoint& point) CACHEBENCH_EXCLUDES(mutex_) {
    try {
      const Bytes capacity{point.capacity};
      const RealClock clock;
      const Nanoseconds start = clock.now();
      const policy::OneTierCounts counts = policy::replay_one_tier(
          {.columns = trace_.columns, .capacity = capacity, .next_uses = next_uses_}, policy.spec, run_.seed);
      const Nanoseconds elapsed = clock.now() - start;
      point.totals = totals_of(counts, trace_, elapsed);
      point.peak_entries = counts.peak_entries;
      point.seconds = static_cast<double>(elapsed.count()) * 1e-9;
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
  std::span<const std::uint32_t> next_uses_;  // empty when no policy sees the future
  Mutex mutex_;
  std::exception_ptr failure_ CACHEBENCH_GUARDED_BY(mutex_);
};

result::TraceFacts facts_of(const LoadedAccesses& trace) {
  result::TraceFacts facts;
  facts.name = trace.trace_name;
  facts.requests = trace.records;
  facts.accesses = trace.columns.accesses();
  facts.distinct = trace.columns.objects();
  facts.bytes_requested = trace.columns.bytes_requested().value;
  facts.bytes_distinct = trace.columns.bytes_distinct().value;
  facts.format = trace.format;
  facts.lowering = model::name_of(trace.lowering);
  return facts;
}

result::SweepPoint point_of(const SweepPolicy& policy, Bytes capacity) {
  result::SweepPoint point;
  point.policy = policy.text;
  point.capacity = capacity.value;
  nlohmann::ordered_json config = {{"policy", policy.spec.name}};
  for (const auto& [name, value] : policy.spec.values) config[name] = value;
  point.config = nlohmann::ordered_json{{"eviction", config}, {"capacity", capacity.value}}.dump();
  point.bound = policy::EvictionRegistry::instance().at(policy.spec.name, "eviction policy").sees_future;
  return point;
}

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
    capacities.push_back(parse_capacity(part, counting));
  }
  return capacities;
}

Bytes resolve_capacity(const SizeSpec& capacity, const policy::AccessColumns& columns,
                       SizeCounting counting) {
  const Bytes resolved = capacity.resolve(columns.bytes_distinct());
  if (counting == SizeCounting::kUnit && capacity.is_share) return std::max(resolved, Bytes{1});
  return resolved;
}

result::SweepResult sweep_one_tier(const LoadedAccesses& trace, const SweepGrid& grid, SizeCounting counting,
                                   const SweepRun& run) {
  result::SweepResult sweep;
  sweep.name = trace.trace_name;
  sweep.unit_size = counting == SizeCounting::kUnit;
  sweep.trace = facts_of(trace);
  for (const SweepPolicy& policy : grid.policies) {
    for (const SizeSpec& capacity : grid.capacities) {
      sweep.points.push_back(point_of(policy, resolve_capacity(capacity, trace.columns, counting)));
    }
  }
  const bool sees_future = std::any_of(sweep.points.begin(), sweep.points.end(),
                                       [](const result::SweepPoint& point) { return point.bound; });
  const std::vector<std::uint32_t> next_uses =
      sees_future ? policy::next_uses_of(trace.columns) : std::vector<std::uint32_t>{};
  Runner runner(trace, run, next_uses);
  {
    ThreadPool pool(std::clamp<std::size_t>(run.threads, 1, sweep.points.size()), "sweep");
    for (std::size_t i = 0; i < sweep.points.size(); ++i) {
      const SweepPolicy& policy = grid.policies[i / grid.capacities.size()];
      pool.submit([&runner, &policy, &point = sweep.points[i]] { runner.run_point(policy, point); });
    }
    pool.drain();
  }
  runner.rethrow();
  return sweep;
}

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/one_tier_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "bench/sweep/lru_curve.h"
#include "bench/sweep/sampling.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/sync.h"
#include "core/thread_pool.h"
#include "policy/bound.h"
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

void fill_point(result::SweepPoint& point, const policy::OneTierCounts& counts, const LoadedAccesses& trace,
                Nanoseconds elapsed) {
  point.totals = totals_of(counts, trace, elapsed);
  point.peak_entries = counts.peak_entries;
  point.seconds = static_cast<double>(elapsed.count()) * 1e-9;
}

/// The accesses that points are replayed over: all of them, or a sample and the slices that give its error.
struct Replica {
  const policy::AccessColumns* columns;
  double share = 1;  ///< of the objects, hence of the capacity
  std::vector<std::uint32_t> next_uses = {};
};

bool sees_future(const NamedParameters& spec) {
  if (policy::is_bound(spec.name)) return true;
  return policy::EvictionRegistry::instance().at(spec.name, "eviction policy").sees_future;
}

policy::OneTierCounts replay(const Replica& replica, const NamedParameters& spec, Bytes capacity,
                             std::uint64_t seed) {
  const policy::OneTierInput input{
      .columns = *replica.columns,
      .capacity = replica.share < 1 ? scaled_capacity(capacity, replica.share) : capacity,
      .next_uses = replica.next_uses};
  if (policy::is_bound(spec.name)) return policy::evaluate_bound(spec, input).counts;
  return policy::replay_one_tier(input, spec, seed);
}

/// Runs one job per point on the pool and hands the first failure to the caller.
class Runner {
 public:
  Runner(const LoadedAccesses& trace, const SweepRun& run) : trace_(trace), run_(run) {
    if (run.sample >= 1) {
      replicas_.push_back({.columns = &trace.columns});
      return;
    }
    sample_ = draw_sample(trace.columns, run.sample);
    replicas_.push_back({.columns = &sample_.all, .share = run.sample});
    for (const policy::AccessColumns& slice : sample_.slices) {
      replicas_.push_back({.columns = &slice, .share = run.sample / static_cast<double>(kSampleSlices)});
    }
  }

  /// For policies that see the future.
  void look_ahead() {
    for (Replica& replica : replicas_) replica.next_uses = policy::next_uses_of(*replica.columns);
  }

  void run_point(const SweepPolicy& policy, result::SweepPoint& point) CACHEBENCH_EXCLUDES(mutex_) {
    try {
      const RealClock clock;
      const Nanoseconds start = clock.now();
      const SampledCounts counted = count(policy.spec, Bytes{point.capacity});
      const Nanoseconds elapsed = clock.now() - start;
      fill_point(point, counted.counts, trace_, elapsed);
      if (run_.sample < 1) point.miss_ratio_error = counted.miss_ratio_error;
      const MutexLock lock(mutex_);
      if (run_.on_point) run_.on_point(point);
    } catch (...) {
      const MutexLock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  /// Misses of lru at every capacity of a curve.
  [[nodiscard]] result::MissRatioCurve curve() const {
    const std::vector<std::uint64_t> capacities = curve_capacities(trace_.columns);
    std::vector<std::vector<policy::OneTierCounts>> counted;  // by replica, then capacity
    for (const Replica& replica : replicas_) {
      std::vector<std::uint64_t> scaled = capacities;
      for (std::uint64_t& capacity : scaled) {
        if (replica.share < 1) capacity = scaled_capacity(Bytes{capacity}, replica.share).value;
      }
      counted.push_back(lru_curve(*replica.columns, scaled));
    }
    result::MissRatioCurve curve{
        .policy = "lru", .sampling_rate = run_.sample, .error_basis = error_basis(), .points = {}};
    for (std::size_t i = 0; i < capacities.size(); ++i) {
      std::vector<policy::OneTierCounts> here;
      for (const auto& replica : counted) here.push_back(replica[i]);
      const SampledCounts counts = combine(here);
      result::CurvePoint point{.capacity = capacities[i]};
      point.miss_ratio = result::ratio_of(counts.counts.misses, counts.counts.accesses).value_or(0);
      point.byte_miss_ratio = result::ratio_of(counts.counts.bytes_missed, counts.counts.bytes_requested);
      if (run_.sample < 1) point.error = counts.miss_ratio_error;
      curve.points.push_back(point);
    }
    return curve;
  }

  void rethrow() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  [[nodiscard]] SampledCounts count(const NamedParameters& spec, Bytes capacity) const {
    std::vector<policy::OneTierCounts> counts;
    for (const Replica& replica : replicas_) counts.push_back(replay(replica, spec, capacity, run_.seed));
    return combine(counts);
  }
  [[nodiscard]] SampledCounts combine(const std::vector<policy::OneTierCounts>& counts) const {
    if (run_.sample >= 1) return {.counts = counts.front()};
    return scale_up(trace_.columns, run_.sample, counts.front(), std::span(counts).subspan(1));
  }
  [[nodiscard]] std::string error_basis() const {
    if (run_.sample >= 1) return "";
    return fmt::format("standard error over {} disjoint slices of the sample", kSampleSlices);
  }

  const LoadedAccesses& trace_;
  const SweepRun& run_;
  AccessSample sample_;
  std::vector<Replica> replicas_;
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

result::SweepPoint point_of(const SweepPolicy& policy, Bytes capacity, std::uint64_t seed) {
  result::SweepPoint point;
  point.policy = policy.text;
  point.capacity = point.l1_bytes = capacity.value;
  point.seed = seed;
  nlohmann::ordered_json config = {{"policy", policy.spec.name}};
  for (const auto& [name, value] : policy.spec.values) config[name] = value;
  point.config = nlohmann::ordered_json{{"eviction", config}, {"capacity", capacity.value}}.dump();
  point.axes = {{"policy", policy.text}, {"capacity", std::to_string(capacity.value)}};
  point.name = fmt::format("{}, {}", policy.text, capacity.value);
  point.bound = sees_future(policy.spec);
  return point;
}

std::vector<result::SweepAxis> axes_of(const result::SweepResult& sweep) {
  result::SweepAxis policies{.path = "policy", .values = {}};
  result::SweepAxis capacities{.path = "capacity", .values = {}};
  const auto add = [](result::SweepAxis& axis, const std::string& value) {
    if (std::find(axis.values.begin(), axis.values.end(), value) == axis.values.end())
      axis.values.push_back(value);
  };
  for (const result::SweepPoint& point : sweep.points) {
    add(policies, point.policy);
    add(capacities, std::to_string(point.capacity));
  }
  return {policies, capacities};
}

// Belady's replay at every capacity, for whoever asks for bounds; beside the points, not among them.
const char* const kOptimum = "belady";

struct Floors {
  SweepPolicy belady{.text = kOptimum, .spec = {.name = kOptimum, .values = {}}};
  std::vector<result::SweepPoint> points;  ///< one a capacity
};

Floors floors_for(const result::SweepResult& sweep, const SweepRun& run) {
  Floors floors;
  if (!run.bounds) return floors;
  for (const result::SweepPoint& point : sweep.points) {
    const bool is_new = std::none_of(floors.points.begin(), floors.points.end(),
                                     [&](const auto& other) { return other.capacity == point.capacity; });
    if (is_new) floors.points.push_back(point_of(floors.belady, Bytes{point.capacity}, run.seed));
  }
  return floors;
}

void state_bounds(const Floors& floors, const LoadedAccesses& trace, result::SweepResult& sweep) {
  for (result::SweepPoint& point : sweep.points) {
    for (const result::SweepPoint& floor : floors.points) {
      if (floor.capacity != point.capacity) continue;
      result::Bounds bounds;
      bounds.method = kOptimum;
      bounds.compulsory_misses = trace.columns.objects();
      bounds.belady_misses = floor.totals.misses;
      if (trace.columns.form() != policy::SizeForm::kUniform) {
        bounds.notes.emplace_back(
            "sizes differ: Belady's misses are a reference, not a bound; pfoo-l is one");
      }
      point.bounds = std::move(bounds);
    }
  }
}

void add_curves(const Runner& runner, const SweepRun& run, result::SweepResult& sweep) {
  if (run.curve) sweep.curves.push_back(runner.curve());
  for (const std::string& policy : sweep.axes.front().values) {
    result::MissRatioCurve curve{
        .policy = policy, .sampling_rate = run.sample, .error_basis = {}, .points = {}};
    for (const result::SweepPoint& point : sweep.points) {
      const auto ratio = result::ratio_of(point.totals.misses, point.totals.accesses);
      if (point.policy != policy || !ratio) continue;
      result::CurvePoint at{.capacity = point.capacity};
      at.miss_ratio = *ratio;
      at.byte_miss_ratio = result::ratio_of(point.totals.bytes_missed, point.totals.bytes_requested);
      at.error = point.miss_ratio_error;
      curve.points.push_back(at);
    }
    if (run.sample < 1) curve.error_basis = "standard error over disjoint slices of the sample";
    const bool is_there = run.curve && policy == "lru";
    if (curve.points.size() > 1 && !is_there) sweep.curves.push_back(std::move(curve));
  }
}

/// A slice of the sample is what the error comes from: it should hold enough objects to say something.
void warn_of_small_samples(const LoadedAccesses& trace, const SweepRun& run, result::SweepResult& sweep) {
  constexpr double kFewObjects = 100;
  if (run.sample >= 1 || trace.columns.objects() == 0) return;
  const double object = static_cast<double>(trace.columns.bytes_distinct().value) /
                        static_cast<double>(trace.columns.objects());
  for (const std::string& text : sweep.axes.back().values) {
    const double held = static_cast<double>(std::stoull(text)) * run.sample / object / kSampleSlices;
    if (held >= kFewObjects) continue;
    sweep.notes.push_back(
        fmt::format("capacity {}: a slice of the sample holds about {:.0f} objects, too few for its "
                    "error to be trusted: take a larger --sample",
                    text, held));
  }
}

void refuse_endless(const LoadedAccesses& trace) {
  if (trace.columns.accesses() < policy::kNoNextUse) return;
  throw Error(
      ErrorKind::kUsage,
      fmt::format("a bound looks ahead over at most {} accesses, and there are {}: take fewer with --limit",
                  policy::kNoNextUse - 1, trace.columns.accesses()));
}

}  // namespace

std::vector<SweepPolicy> parse_policies(std::string_view list) {
  std::vector<SweepPolicy> policies;
  for (const std::string_view part : split(list, "policies")) {
    SweepPolicy policy{std::string(part), parse_named_parameters(part)};
    // Made once for its checks; the real ones know the capacity.
    if (policy::is_bound(policy.spec.name)) {
      policy::check_bound(policy.spec);
    } else {
      static_cast<void>(policy::make_eviction(policy.spec, {.capacity = Bytes{1}}));
    }
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

bool needs_no_columns(const SweepGrid& grid, const SweepRun& run) {
  return grid.policies.size() == 1 && grid.capacities.size() == 1 && !grid.capacities.front().is_share &&
         !run.bounds && run.sample >= 1 && !run.curve && !sees_future(grid.policies.front().spec);
}

result::SweepResult sweep_while_reading(AccessReader& reader, const SweepGrid& grid, const SweepRun& run) {
  const SweepPolicy& policy = grid.policies.front();
  const Bytes capacity = grid.capacities.front().absolute;
  result::SweepResult sweep;
  sweep.points.push_back(point_of(policy, capacity, run.seed));
  const RealClock clock;
  const Nanoseconds start = clock.now();
  const policy::OneTierCounts counts = policy::replay_one_tier(reader, capacity, policy.spec, run.seed);
  const Nanoseconds elapsed = clock.now() - start;
  LoadedAccesses trace;
  describe(reader, trace);
  sweep.name = trace.trace_name;
  sweep.unit_size = !reader.has_sizes();
  sweep.trace = facts_of(trace);
  sweep.trace.accesses = reader.totals().accesses;
  sweep.trace.distinct = reader.totals().objects;
  sweep.trace.bytes_requested = reader.totals().bytes_requested;
  sweep.trace.bytes_distinct = reader.totals().bytes_distinct;
  sweep.axes = axes_of(sweep);
  result::SweepPoint& point = sweep.points.front();
  fill_point(point, counts, trace, elapsed);
  if (run.on_point) run.on_point(point);
  return sweep;
}

result::SweepResult sweep_one_tier(const LoadedAccesses& trace, const SweepGrid& grid, SizeCounting counting,
                                   const SweepRun& run) {
  result::SweepResult sweep;
  sweep.name = trace.trace_name;
  sweep.unit_size = counting == SizeCounting::kUnit;
  sweep.trace = facts_of(trace);
  for (const SweepPolicy& policy : grid.policies) {
    for (const SizeSpec& capacity : grid.capacities) {
      sweep.points.push_back(point_of(policy, resolve_capacity(capacity, trace.columns, counting), run.seed));
    }
  }
  sweep.axes = axes_of(sweep);
  Floors floors = floors_for(sweep, run);
  Runner runner(trace, run);
  const bool ahead = !floors.points.empty() || std::any_of(sweep.points.begin(), sweep.points.end(),
                                                           [](const auto& point) { return point.bound; });
  if (ahead) {
    refuse_endless(trace);
    runner.look_ahead();
  }
  {
    ThreadPool pool(std::clamp<std::size_t>(run.threads, 1, std::max<std::size_t>(sweep.points.size(), 1)),
                    "sweep");
    for (std::size_t i = 0; i < sweep.points.size(); ++i) {
      const SweepPolicy& policy = grid.policies[i / grid.capacities.size()];
      pool.submit([&runner, &policy, &point = sweep.points[i]] { runner.run_point(policy, point); });
    }
    for (result::SweepPoint& point : floors.points) {
      pool.submit([&runner, &floors, &point] { runner.run_point(floors.belady, point); });
    }
    pool.drain();
  }
  runner.rethrow();
  state_bounds(floors, trace, sweep);
  add_curves(runner, run, sweep);
  warn_of_small_samples(trace, run, sweep);
  return sweep;
}

}  // namespace cachebench::bench

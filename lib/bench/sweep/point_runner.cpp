// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/point_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/config/load.h"
#include "bench/run/run_experiment.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/hash.h"
#include "policy/eviction.h"
#include "version.h"

namespace cachebench::bench {
namespace {

// Loaded traces beyond this are read by each run instead; a few of them may be held at a time.
constexpr Bytes kMostLoaded{2ULL << 30};
constexpr std::size_t kMostWorkloads = 4;

/// The eviction policies of all tiers; once where they are alike.
std::string policy_of(const RunConfig& config) {
  std::string text;
  bool alike = true;
  for (const TierSection& tier : config.cache.tiers) {
    alike = alike && tier.eviction.name == config.cache.tiers.front().eviction.name;
    text += (text.empty() ? "" : "/") + tier.eviction.name;
  }
  return alike ? config.cache.tiers.front().eviction.name : text;
}

bool sees_future(const RunConfig& config) {
  return std::any_of(config.cache.tiers.begin(), config.cache.tiers.end(), [](const TierSection& tier) {
    return policy::EvictionRegistry::instance().at(tier.eviction.name, "eviction policy").sees_future;
  });
}

result::SweepPoint point_of(const ReadyPoint& ready) {
  result::SweepPoint point;
  point.policy = policy_of(ready.config);
  point.bound = sees_future(ready.config);
  point.name = ready.setting.name;
  point.axes = ready.setting.axes;
  point.seed = ready.config.seed;
  point.config = nlohmann::ordered_json(ready.setting.axes).dump();
  return point;
}

void take_over(const result::RunResult& run, result::SweepPoint& point) {
  point.totals = run.totals;
  point.kinds = run.kinds;
  point.bounds = run.bounds;
  point.decision_log_hash = run.decision_log_hash;
  point.status = run.status;
  for (const std::string& reason : run.reasons) point.reason += (point.reason.empty() ? "" : "; ") + reason;
  for (const result::TierResult& tier : run.tiers) point.capacity += tier.capacity_bytes;
  if (!run.tiers.empty()) point.l1_bytes = run.tiers.front().capacity_bytes;
}

/// What bounds depend on: everything but policies and their seed.
std::string bounds_key(const RunConfig& config) {
  RunConfig plain = config;
  plain.seed = 0;
  plain.name.clear();
  plain.cache.migration = {};
  for (TierSection& tier : plain.cache.tiers) {
    tier.eviction = {};
    tier.admission = {};
  }
  return to_json(plain).dump();
}

}  // namespace

BoundsCache::Claim BoundsCache::claim(const std::string& key) {
  const MutexLock lock(mutex_);
  if (const auto found = known_.find(key); found != known_.end()) return {found->second, nullptr};
  auto keep = std::make_shared<std::promise<std::optional<result::Bounds>>>();
  const auto future = keep->get_future().share();
  known_.emplace(key, future);
  return {future, keep};
}

std::shared_ptr<WorkloadCache::Slot> WorkloadCache::slot_of(const std::string& key) {
  const MutexLock lock(mutex_);
  const auto found =
      std::find_if(slots_.begin(), slots_.end(), [&](const auto& slot) { return slot->key == key; });
  if (found != slots_.end()) {
    slots_.splice(slots_.begin(), slots_, found);
  } else {
    slots_.push_front(std::make_shared<Slot>(key));
    if (slots_.size() > kMostWorkloads) slots_.pop_back();
  }
  return slots_.front();
}

std::shared_ptr<const LoadedWorkload> WorkloadCache::get(const RunConfig& config) {
  const std::shared_ptr<Slot> slot = slot_of(LoadedWorkload::key_of(config));
  const MutexLock lock(slot->mutex);
  if (!slot->tried) {
    std::optional<LoadedWorkload> loaded = LoadedWorkload::load(config, kMostLoaded);
    if (loaded) slot->workload = std::make_shared<const LoadedWorkload>(std::move(*loaded));
    slot->tried = true;
  }
  return slot->workload;
}

std::string PointRunner::hash_of_trace(const RunConfig& config) {
  const MutexLock lock(mutex_);
  std::string& hash = hashes_[config.trace.path];
  if (hash.empty()) hash = sha256_of_file(config.trace.path);
  return hash;
}

// A round of a halving replays a share of the trace: all of it divided by `keep` for every round to come.
RunConfig PointRunner::resolve(const WorkItem& item, const PointSetting& setting) {
  RunConfig config = resolve_point(config_, setting.assignments);
  require_trace(config, config_.base.file.empty() ? config_.base.text.name : config_.base.file);
  if (item.rung == 0 || item.rung == config_.halving.rungs) return config;
  const auto loaded = workloads_.get(config);
  if (!loaded) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: is too large for successive-halving: set trace.limit", config.trace.path));
  }
  std::uint64_t requests = loaded->requests();
  for (std::uint32_t rung = item.rung; rung < config_.halving.rungs; ++rung) requests /= config_.halving.keep;
  config.trace.limit = std::max<std::uint64_t>(requests, 1);
  return config;
}

ReadyPoint PointRunner::prepare(const WorkItem& item) {
  ReadyPoint ready{.item = item, .setting = design_.setting(item), .config = {}, .key = {}};
  try {
    ready.config = resolve(item, ready.setting);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("point {} ({}): {}", item.point, ready.setting.name, error.what()));
  }
  const std::string slice = item.slice == 0 ? "" : fmt::format("{}/{}", item.slice, config_.slices);
  ready.key = to_hex(hash_key(fmt::format("{}\n{}\n{}\n{}", to_json(ready.config).dump(),
                                          hash_of_trace(ready.config), slice, build::kVersion)));
  return ready;
}

std::optional<LoadedWorkload> PointRunner::workload_of(const ReadyPoint& point) {
  RunConfig whole = point.config;
  // Rounds share the trace that their last one replays.
  const bool is_short = point.item.rung != 0 && point.item.rung != config_.halving.rungs;
  if (is_short) whole = resolve_point(config_, point.setting.assignments);
  const std::shared_ptr<const LoadedWorkload> loaded = workloads_.get(whole);
  if (!loaded) {
    if (point.item.slice == 0 && !is_short) return std::nullopt;
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: is too large to be replayed in parts: set trace.limit", whole.trace.path));
  }
  if (is_short) return loaded->prefix(*point.config.trace.limit);
  if (point.item.slice != 0) return loaded->part(point.item.slice, config_.slices);
  return *loaded;
}

void PointRunner::replay(const ReadyPoint& ready, const StopToken& stop, result::SweepPoint& point) {
  const std::optional<LoadedWorkload> loaded = workload_of(ready);
  const bool is_part =
      ready.item.slice != 0 || (ready.item.rung != 0 && ready.item.rung != config_.halving.rungs);
  BoundsCache::Claim claim;
  if (!is_part) claim = bounds_.claim(bounds_key(ready.config));
  // A run that uses up its time stops itself alone; one stop ends them all.
  StopToken own;
  const auto watch = [&](const Progress&) {
    if (stop.requested()) own.request(stop.reason());
  };
  try {
    RunInputs inputs;
    inputs.config = ready.config;
    inputs.stop = &own;
    inputs.bounds = claim.keep ? BoundsChoice::kAuto : BoundsChoice::kOff;
    inputs.progress = watch;
    inputs.loaded = loaded ? &*loaded : nullptr;
    const result::RunResult run = run_experiment(inputs);
    take_over(run, point);
    if (claim.keep) claim.keep->set_value(own.requested() ? std::nullopt : run.bounds);
  } catch (...) {
    if (claim.keep) claim.keep->set_value(std::nullopt);
    throw;
  }
  if (is_part) return;
  point.bounds = claim.future.get();
  // Whoever was to work them out may have been stopped: this one is run again too.
  if (!point.bounds && stop.requested()) point.status = result::Status::kPartial;
}

result::SweepPoint PointRunner::run(const ReadyPoint& ready, const StopToken& stop) {
  result::SweepPoint point = point_of(ready);
  const RealClock clock;
  const Nanoseconds start = clock.now();
  try {
    replay(ready, stop, point);
  } catch (const Error& error) {
    point.status = result::Status::kInvalid;
    point.reason = error.what();
  }
  point.seconds = static_cast<double>((clock.now() - start).count()) * 1e-9;
  return point;
}

result::TraceFacts PointRunner::facts(const ReadyPoint& ready) {
  const hardware::CostModel costs(hardware::find_profile(ready.config.profile), 1.0);
  const std::optional<LoadedWorkload> loaded = workload_of(ready);
  const WorkloadFacts scanned = scan(ready.config, costs, loaded ? &*loaded : nullptr);
  result::TraceFacts facts;
  facts.name = scanned.header.name.empty()
                   ? std::filesystem::path(ready.config.trace.path).filename().string()
                   : scanned.header.name;
  facts.sha256 = hash_of_trace(ready.config);
  facts.requests = scanned.requests;
  facts.accesses = scanned.accesses;
  facts.distinct = scanned.distinct;
  facts.bytes_requested = scanned.bytes_requested.value;
  facts.bytes_distinct = scanned.bytes_distinct.value;
  facts.format = scanned.header.format;
  facts.lowering = model::name_of(scanned.lowering);
  return facts;
}

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/run/cache_setup.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/run/modelled_transfers.h"
#include "bench/run/real_planes.h"
#include "core/error.h"
#include "hardware/affinity.h"

namespace cachebench::bench {
namespace {

hardware::Medium medium_of(const TierSection& tier, std::size_t position) {
  switch (tier.device) {
    case Device::kCuda:
    case Device::kEmulated:
      return hardware::Medium::kDevice;
    case Device::kHost:
      return hardware::Medium::kHost;
    case Device::kSsd:
      return hardware::Medium::kSsd;
    case Device::kNull:
      break;
  }
  // A tier without bytes costs what the tier of its place would.
  return position == 0   ? hardware::Medium::kDevice
         : position == 1 ? hardware::Medium::kHost
                         : hardware::Medium::kSsd;
}

cache::EngineOptions engine_options(const RunConfig& config, const WorkloadFacts& facts) {
  const std::vector<Bytes> capacities = resolve_capacities(config, facts);
  cache::EngineOptions options{.tiers = {},
                               .migration = config.cache.migration,
                               .prefetch = config.cache.prefetch,
                               .prefetch_rules = config.cache.prefetch_rules,
                               .seed = config.seed,
                               .expected_entries = facts.distinct};
  for (std::size_t i = 0; i < config.cache.tiers.size(); ++i) {
    const TierSection& tier = config.cache.tiers[i];
    options.tiers.push_back({.name = tier.name,
                             .medium = medium_of(tier, i),
                             .capacity = capacities[i],
                             .high_watermark = tier.high_watermark,
                             .low_watermark = tier.low_watermark,
                             .eviction = tier.eviction,
                             .admission = tier.admission,
                             .compression = tier.lossy()});
  }
  apply(config.multimodal, options);
  return options;
}

void set_up_simulation(const hardware::CostModel& costs, const cache::EngineOptions& options,
                       cache::DecisionClock clock, CacheSetup& setup) {
  std::vector<hardware::Medium> media;
  for (const cache::TierOptions& tier : options.tiers) media.push_back(tier.medium);
  setup.machine = std::make_unique<VirtualMachine>();
  auto transfers = std::make_unique<ModelledTransfers>(
      costs, std::move(media),
      [machine = setup.machine.get()](const hardware::Stages& stages) { machine->occupy(stages); });
  setup.devices.assign(options.tiers.size(), "null");
  setup.manager =
      std::make_unique<cache::HierarchicalCacheManager>(options, costs, std::move(transfers), clock);
}

// Threads that start in the scope stay where it puts them.
std::unique_ptr<cache::Movers> make_movers(const TransferSection& transfer,
                                           const std::vector<tier::Plane*>& planes,
                                           std::vector<std::string>& notes) {
  const std::vector<int> processors = hardware::parse_processors(transfer.processors);
  const hardware::AffinityScope scope(processors);
  if (!processors.empty() && !scope.holds()) {
    notes.push_back(fmt::format(
        "cache.transfer.processors: this process may not run on {}; the threads that move entries "
        "run where the system puts them",
        transfer.processors));
  }
  return std::make_unique<cache::Movers>(
      planes, cache::Movers::Options{.threads = transfer.threads, .staging = transfer.staging});
}

void set_up_real(const RunConfig& config, const hardware::CostModel& costs,
                 const cache::EngineOptions& options, cache::DecisionClock clock, CacheSetup& setup) {
  std::vector<Bytes> capacities;
  for (const cache::TierOptions& tier : options.tiers) capacities.push_back(tier.capacity);
  setup.planes = make_planes(config, capacities, costs.profile());
  std::vector<tier::Plane*> planes;
  for (const auto& plane : setup.planes) {
    planes.push_back(plane.get());
    setup.devices.emplace_back(plane->device());
  }
  std::unique_ptr<cache::Movers> movers = make_movers(config.cache.transfer, planes, setup.notes);
  setup.movers = movers.get();
  setup.manager = std::make_unique<cache::HierarchicalCacheManager>(options, costs, std::move(movers), clock);
  for (std::size_t i = 0; i < planes.size(); ++i) {
    setup.adopted += setup.manager->adopt(level_at(i), *planes[i], setup.movers->gate(level_at(i)));
  }
  if (options.tiers.front().compression.format != "none") {
    setup.notes.push_back(fmt::format("decoding in {} is modelled: no kernel of the device's runs for it",
                                      options.tiers.front().name));
  }
  if (setup.adopted > 0) {
    setup.notes.push_back(
        fmt::format("started warm: {} entries were in {}", setup.adopted, config.cache.directory));
  }
}

}  // namespace

std::vector<Bytes> resolve_capacities(const RunConfig& config, const WorkloadFacts& facts) {
  std::vector<Bytes> capacities;
  for (const TierSection& tier : config.cache.tiers)
    capacities.push_back(tier.capacity.resolve(facts.bytes_distinct));
  return within_budget(config.multimodal, std::move(capacities), facts.bytes_distinct);
}

CacheSetup set_up_cache(const RunConfig& config, const WorkloadFacts& facts,
                        const hardware::CostModel& costs) {
  const cache::EngineOptions options = engine_options(config, facts);
  const bool logical = config.load.clock == LoadClock::kLogical;
  const bool sums = logical && config.load.kind == LoadKind::kClosed;
  const cache::DecisionClock clock =
      sums ? cache::DecisionClock::kServiceSum : cache::DecisionClock::kExternal;
  CacheSetup setup;
  if (config.mode == RunMode::kSimulate) {
    set_up_simulation(costs, options, clock, setup);
    if (!logical)
      setup.notes.emplace_back("load.clock wall has no meaning in a simulation: its clock is virtual");
  } else {
    set_up_real(config, costs, options, clock, setup);
    if (!logical)
      setup.notes.emplace_back("decisions followed the wall clock: counts may differ from a simulation's");
  }
  if (config.multimodal.enabled) {
    std::unique_ptr<cache::MemoryProbe> probe;
    if (config.mode == RunMode::kReal) probe = std::make_unique<cache::SystemMemoryProbe>();
    setup.multimodal = std::make_unique<MultimodalRun>(config.multimodal, *setup.manager, std::move(probe));
    if (setup.multimodal->is_dynamic())
      setup.notes.emplace_back("the cache's size followed the machine's memory: counts may differ elsewhere");
  }
  if (config.visual.enabled) setup.visual = std::make_unique<VisualRun>(config, costs);
  return setup;
}

Needs needs_of(const RunConfig& config, const WorkloadFacts& facts) {
  Needs needs;
  const std::vector<Bytes> capacities = resolve_capacities(config, facts);
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    // A tier never holds more than the whole working set.
    const Bytes used = std::min(capacities[i], facts.bytes_distinct);
    switch (medium_of(config.cache.tiers[i], i)) {
      case hardware::Medium::kDevice:
        needs.device += used;
        break;
      case hardware::Medium::kHost:
        needs.host += used;
        break;
      case hardware::Medium::kSsd:
        needs.disk += used;
        break;
    }
  }
  needs.modelled_time = config.load.kind == LoadKind::kOpen
                            ? Nanoseconds{static_cast<std::int64_t>(
                                  static_cast<double>(facts.duration.count()) / config.load.speedup)}
                            : facts.all_missed;
  return needs;
}

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/run/run_experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/run/collect.h"
#include "bench/run/collect_compression.h"
#include "bench/run/manifest.h"
#include "bench/run/pipeline_driver.h"
#include "bench/run/real_driver.h"
#include "bench/run/roofline.h"
#include "bench/run/run_policies.h"
#include "bench/run/simulate_driver.h"
#include "bench/run/validity.h"
#include "core/hash.h"
#include "hardware/policy_extras.h"
#include "result/cautions.h"

namespace cachebench::bench {
namespace {

constexpr Nanoseconds kSnapshotInterval{500'000'000};

// Lossless compression charges no budget: what it saves is reported. Its time is modelled.
hardware::CostModel costs_of(const RunConfig& config, hardware::Profile profile) {
  const bool has_codec = std::any_of(config.cache.tiers.begin(), config.cache.tiers.end(),
                                     [](const TierSection& tier) { return tier.codec() != "none"; });
  hardware::add_extras(deciding_variants_of(config, profile), profile);
  return {std::move(profile), 1.0, has_codec ? hardware::SsdCodec::kAlways : hardware::SsdCodec::kByRatio};
}

std::string trace_name(const RunConfig& config, const WorkloadFacts& facts) {
  return facts.header.name.empty() ? std::filesystem::path(config.trace.path).filename().string()
                                   : facts.header.name;
}

void settle_status(const ReplayInputs& inputs, const ReplayOutcome& outcome, result::RunResult& result) {
  for (const std::string& reason : broken_rules(inputs.config, inputs.facts, outcome)) {
    result.status = result::Status::kInvalid;
    result.reasons.push_back(reason);
  }
  if (!outcome.stopped) return;
  result.status = result::Status::kPartial;
  const bool over = inputs.stop.reason() == StopToken::kTimeOver;
  result.reasons.insert(
      result.reasons.begin(),
      fmt::format("{} after {} of {} requests", over ? "the allowed time was over" : "interrupted",
                  outcome.measured.requests + outcome.warmup_requests, inputs.facts.requests));
}

// The caller's progress, and now and then the counts so far as a result.
ProgressCallback with_snapshots(const RunInputs& inputs, const WorkloadFacts& facts,
                                const CacheSetup& setup) {
  if (!inputs.snapshot) return inputs.progress;
  return [&inputs, &facts, &setup, next = Nanoseconds{0}](const Progress& progress) mutable {
    if (inputs.progress) inputs.progress(progress);
    if (progress.elapsed < next) return;
    next = progress.elapsed + kSnapshotInterval;
    ReplayOutcome so_far;
    so_far.measured.requests = progress.done;
    so_far.elapsed = progress.elapsed;
    inputs.snapshot(collect({.config = inputs.config, .facts = facts, .setup = setup, .outcome = so_far}));
  };
}

bool sees_future(const RunConfig& config) {
  return std::any_of(config.cache.tiers.begin(), config.cache.tiers.end(), [](const TierSection& tier) {
    const auto* policy = policy::EvictionRegistry::instance().find(tier.eviction.name);
    return policy != nullptr && policy->sees_future;
  });
}

void note_transfers(const cache::TransferStats& stats, std::vector<std::string>& notes) {
  for (std::string& kept : describe_kept(stats.kept)) notes.push_back(std::move(kept));
  if (stats.failures > 0) {
    notes.push_back(fmt::format("{} transfers failed and gave their entries up, the first: {}",
                                stats.failures, stats.first_failure));
  }
  if (stats.decoded_above > 0) {
    notes.push_back(
        fmt::format("{} copies went up in the form that they lay in, and were decoded by the device",
                    stats.decoded_above));
  }
  if (stats.kept_aside > 0) {
    notes.push_back(
        fmt::format("{} copies found no room on their plane and were kept in host memory", stats.kept_aside));
  }
}

std::vector<hardware::Medium> media_of(const cache::HierarchicalCacheManager& manager) {
  std::vector<hardware::Medium> media;
  for (const cache::TierOptions& tier : manager.tiers()) media.push_back(tier.medium);
  return media;
}

result::Bounds bounds_for(const ReplayInputs& inputs, const ReplayOutcome& outcome,
                          const LoadedWorkload* loaded) {
  const std::vector<cache::TierOptions> tiers = inputs.manager.tiers();
  const std::vector<hardware::Medium> media = media_of(inputs.manager);
  const ReuseBuilder reuse = read_reuse(
      inputs.config, media, inputs.costs,
      {.warmup_requests = outcome.warmup_requests, .requests = outcome.measured.requests, .loaded = loaded});
  return bounds_of(reuse, tiers, inputs.config.cache.prefetch);
}

void add_pipeline(PipelineReplay answered, const hardware::Profile& profile, const RunConfig& config,
                  result::RunResult& result) {
  result.pipeline = std::move(answered.pipeline);
  if (result.pipeline->roofline) {
    const Bytes inputs{config.throttle ? result.pipeline->uploaded_bytes : 0};
    add_channels(profile,
                 {.inputs = inputs,
                  .tiers_up = Bytes{result.links.pcie_up_bytes},
                  .ssd_read = Bytes{result.links.ssd_read_bytes}},
                 *result.pipeline->roofline);
  }
  for (auto& [name, summary] : answered.latency) result.latency[name] = std::move(summary);
  for (std::string& note : answered.notes) result.notes.push_back(std::move(note));
}

}  // namespace

result::RunResult run_experiment(const RunInputs& inputs) {
  const RunConfig& config = inputs.config;
  const std::string started_at = utc_now();
  hardware::Profile expected = hardware::find_profile(config.profile);
  const hardware::CostModel costs = costs_of(config, expected);
  const std::vector<std::string> variants = variants_of(config, expected);
  hardware::add_extras(variants, expected);
  const WorkloadFacts facts = scan(config, costs, inputs.loaded);
  const bool bounded = wants_bounds(config, inputs.bounds, facts.accesses);
  CacheSetup setup = set_up_cache(config, facts, costs);
  Workload workload(config, inputs.loaded);
  if (!inputs.record.empty()) workload.record_to(inputs.record);
  const ContentSource content = inputs.content.empty() ? ContentSource() : ContentSource(inputs.content);
  if (!inputs.content.empty())
    setup.notes.push_back(fmt::format("{} content files in {}", content.files(), inputs.content));
  const std::vector<std::uint32_t> future =
      sees_future(config) ? next_references(config, inputs.loaded) : std::vector<std::uint32_t>{};
  const ReplayInputs replay{.config = config,
                            .facts = facts,
                            .workload = workload,
                            .manager = *setup.manager,
                            .costs = costs,
                            .stop = *inputs.stop,
                            .content = content,
                            .progress = with_snapshots(inputs, facts, setup),
                            .future = future,
                            .multimodal = setup.multimodal.get(),
                            .visual = setup.visual.get(),
                            .extras = HitExtras(costs.profile(), expected, variants)};
  std::optional<PipelineReplay> answered;
  if (config.mode == RunMode::kPipeline) answered = replay_pipeline(replay, setup.movers);
  const ReplayOutcome outcome = answered        ? answered->outcome
                                : setup.machine ? replay_simulated(replay, *setup.machine)
                                                : replay_real(replay, *setup.movers);
  result::RunResult result = collect({.config = config, .facts = facts, .setup = setup, .outcome = outcome});
  if (answered) add_pipeline(std::move(*answered), costs.profile(), config, result);
  result.hashing = collect_hashing(config, facts, costs.profile(), outcome.measured);
  workload.finish_recording();
  setup.manager->drain();
  for (const auto& plane : setup.planes) {
    for (const std::string& note : plane->stats().notes) result.notes.push_back(note);
  }
  if (setup.movers != nullptr) note_transfers(setup.movers->stats(), result.notes);
  result.trace.name = trace_name(config, facts);
  result.trace.sha256 =
      inputs.loaded != nullptr ? inputs.loaded->sha256() : sha256_of_file(config.trace.path);
  result.manifest = make_manifest({.config = config,
                                   .profile = costs.profile(),
                                   .trace_sha256 = result.trace.sha256,
                                   .command_line = inputs.command_line,
                                   .started_at = started_at})
                        .dump();
  settle_status(replay, outcome, result);
  if (bounded) result.bounds = bounds_for(replay, outcome, inputs.loaded);
  if (const std::string_view reason = why_no_bounds(config);
      !reason.empty() && inputs.bounds != BoundsChoice::kOff)
    result.notes.push_back(fmt::format("No bound stands beside this result: {}.", reason));
  for (std::string& caution : result::cautions(result)) result.notes.push_back(std::move(caution));
  return result;
}

std::vector<std::string> describe_plan(const RunConfig& config) {
  const hardware::CostModel costs = costs_of(config, hardware::find_profile(config.profile));
  const WorkloadFacts facts = scan(config, costs);
  const Needs needs = needs_of(config, facts);
  const std::vector<Bytes> capacities = resolve_capacities(config, facts);
  std::vector<std::string> lines;
  lines.push_back(
      fmt::format("replay {} requests, {} accesses to {} distinct entries of {} ({} asked for), {}",
                  facts.requests, facts.accesses, facts.distinct, format_bytes(facts.bytes_distinct),
                  format_bytes(facts.bytes_requested), name_of(config.mode)));
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    const TierSection& tier = config.cache.tiers[i];
    lines.push_back(fmt::format("{} on {}: {}, eviction {}", tier.name, name_of(tier.device),
                                format_bytes(capacities[i]), tier.eviction.name));
  }
  const bool real = config.mode != RunMode::kSimulate;
  const bool emulated =
      real && std::any_of(config.cache.tiers.begin(), config.cache.tiers.end(),
                          [](const TierSection& tier) { return tier.device == Device::kEmulated; });
  lines.push_back(
      fmt::format("memory: {} for the device{}, {} for the host tier; disk: {}",
                  format_bytes(real ? needs.device : Bytes{}), emulated ? " (emulated in host memory)" : "",
                  format_bytes(real ? needs.host : Bytes{}), format_bytes(real ? needs.disk : Bytes{})));
  const bool open = config.load.kind == LoadKind::kOpen;
  lines.push_back(
      open ? fmt::format("time: {} by the recorded arrivals at speedup {}",
                         format_duration(needs.modelled_time), config.load.speedup)
           : fmt::format("modelled time, every access a miss: {}", format_duration(needs.modelled_time)));
  return lines;
}

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/run/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/run/clock_basis.h"
#include "bench/run/collect_compression.h"

namespace cachebench::bench {
namespace {

using result::Basis;

void collect_totals(const cache::CacheCounters& counted, const CollectInputs& inputs,
                    result::Totals& totals) {
  const Measurements& measured = inputs.outcome.measured;
  totals.requests = measured.requests;
  totals.accesses = counted.accesses;
  totals.hits = counted.hits;
  totals.covered = counted.covered;
  totals.misses = counted.misses;
  totals.similar_hits = counted.similar_hits;
  totals.joined_hits = counted.joined_hits;
  totals.bytes_requested = counted.bytes_requested.value;
  totals.bytes_hit = counted.bytes_hit.value;
  totals.bytes_missed = counted.bytes_missed.value;
  for (const cache::TierCounters& tier : counted.tiers) {
    totals.evictions += tier.evictions;
    totals.promotions += tier.promotions_in;
    totals.demotions += tier.demotions_in;
  }
  totals.saved_ns = counted.saved_ns;
  totals.service_ns = counted.service_ns;
  totals.verified_bytes = measured.verified_bytes;
  totals.wrong_bytes = measured.wrong_bytes;
  totals.elapsed_ns = inputs.outcome.elapsed.count();
}

// What the tier's policies say of themselves; an admission's words do not hide the eviction's.
std::map<std::string, double> facts_of(const cache::PolicyFacts& facts, std::size_t tier) {
  std::map<std::string, double> all = facts.eviction[tier];
  for (const auto& [name, value] : facts.admission[tier]) all.emplace("admission_" + name, value);
  return all;
}

std::vector<result::TierResult> collect_tiers(const cache::CacheCounters& counted, const CacheSetup& setup,
                                              const cache::PolicyFacts& facts) {
  std::vector<result::TierResult> tiers;
  const std::vector<cache::TierOptions> options = setup.manager->tiers();
  for (std::size_t i = 0; i < options.size(); ++i) {
    const cache::TierCounters& from = counted.tiers[i];
    tiers.push_back({.name = options[i].name,
                     .device = setup.devices[i],
                     .capacity_bytes = options[i].capacity.value,
                     .peak_bytes = from.peak.value,
                     .accesses = from.accesses,
                     .hits = from.hits,
                     .misses = from.misses,
                     .evictions = from.evictions,
                     .promotions_in = from.promotions_in,
                     .demotions_in = from.demotions_in,
                     .bytes_read = from.bytes_read.value,
                     .bytes_written = from.bytes_written.value,
                     .eviction_policy = options[i].eviction.name,
                     .admission_policy = options[i].admission.name,
                     .facts = facts_of(facts, i)});
  }
  return tiers;
}

std::map<std::string, result::KindResult> collect_kinds(const cache::CacheCounters& counted) {
  std::map<std::string, result::KindResult> kinds;
  for (std::size_t i = 0; i < counted.kinds.size(); ++i) {
    const cache::KindCounters& from = counted.kinds[i];
    if (from.accesses == 0) continue;
    kinds[name_of(static_cast<ArtefactKind>(i))] = {.accesses = from.accesses,
                                                    .hits = from.hits,
                                                    .covered = from.covered,
                                                    .misses = from.misses,
                                                    .bytes_requested = from.bytes_requested.value,
                                                    .saved_ns = from.saved_ns};
  }
  return kinds;
}

result::MissCauses collect_causes(const cache::CacheCounters& counted) {
  const auto of = [&](cache::MissCause cause) { return counted.causes[static_cast<std::size_t>(cause)]; };
  return {.cold = of(cache::MissCause::kCold),
          .capacity = of(cache::MissCause::kCapacity),
          .not_admitted = of(cache::MissCause::kNotAdmitted),
          .expired = of(cache::MissCause::kExpired),
          .corrupt = of(cache::MissCause::kCorrupt),
          .broken_prefix = of(cache::MissCause::kBrokenPrefix),
          .late_prefetch = of(cache::MissCause::kLatePrefetch),
          .too_large = of(cache::MissCause::kTooLarge)};
}

result::Prefetch collect_prefetch(const cache::PrefetchCounters& counted) {
  const auto amount = [](const cache::PrefetchAmount& from) {
    return result::PrefetchAmount{.count = from.count, .bytes = from.bytes.value};
  };
  const auto of = [&](cache::PrefetchEnd end) { return amount(counted.of(end)); };
  return {.issued = amount(counted.issued),
          .used = of(cache::PrefetchEnd::kUsed),
          .late = of(cache::PrefetchEnd::kLate),
          .evicted_unused = of(cache::PrefetchEnd::kEvictedUnused),
          .cancelled = of(cache::PrefetchEnd::kCancelled),
          .no_space = of(cache::PrefetchEnd::kNoSpace),
          .corrupt = of(cache::PrefetchEnd::kCorrupt)};
}

Basis basis_of(const CollectInputs& inputs) {
  if (inputs.config.mode == RunMode::kSimulate) return Basis::kModelled;
  const std::vector<std::string>& devices = inputs.setup.devices;
  return clock_basis(std::find(devices.begin(), devices.end(), "emulated") != devices.end());
}

void collect_latency(const CollectInputs& inputs, result::RunResult& out) {
  const Measurements& measured = inputs.outcome.measured;
  const Basis basis = basis_of(inputs);
  const auto add = [&](const std::string& name, const Histogram& histogram, Basis of) {
    if (histogram.count() > 0) out.latency[name] = result::summarise(histogram, of);
  };
  for (std::size_t i = 0; i < out.tiers.size(); ++i) add(out.tiers[i].name, measured.service[i], basis);
  add("miss", measured.service[kMissRow], Basis::kModelled);
  add("request", measured.request, basis);
  add("request_service", measured.request_service, basis);
  add("put", measured.put, basis);
  for (std::size_t i = 0; i < kLookupClasses; ++i) {
    add(fmt::format("{}_lookup", name_of(static_cast<LookupClass>(i))), measured.lookups[i],
        Basis::kMeasured);
  }
  add("first_read", measured.first_read, basis);
  add("schedule_lag", measured.lag, Basis::kMeasured);
}

void collect_checks(const CollectInputs& inputs, result::RunResult& out) {
  const auto& checks = inputs.outcome.measured.checks;
  for (std::size_t row = 0; row < out.tiers.size(); ++row) {
    for (std::size_t kind = 0; kind < checks[row].size(); ++kind) {
      const ServiceSum& sum = checks[row][kind];
      if (sum.count == 0) continue;
      const auto count = static_cast<std::int64_t>(sum.count);
      out.model_check.push_back({.tier = out.tiers[row].name,
                                 .kind = name_of(static_cast<ArtefactKind>(kind)),
                                 .count = sum.count,
                                 .predicted_ns = sum.predicted_ns / count,
                                 .measured_ns = sum.measured_ns / count});
    }
  }
}

// What an emulated link's device says of itself is what this host cannot emulate of it; every tier below
// passes it.
std::string not_emulated(const CacheSetup& setup) {
  for (const auto& plane : setup.planes) {
    if (plane->device() != std::string_view("emulated")) continue;
    const std::vector<std::string> notes = plane->stats().notes;
    if (!notes.empty()) return notes.front();
  }
  return "";
}

void collect_tier_checks(const CollectInputs& inputs, result::RunResult& out) {
  const Measurements& measured = inputs.outcome.measured;
  const std::string link = not_emulated(inputs.setup);
  for (std::size_t row = 0; row < out.tiers.size(); ++row) {
    if (measured.measured_service[row].count() == 0) continue;
    result::TierCheck check{.tier = out.tiers[row].name,
                            .count = measured.measured_service[row].count(),
                            .predicted_p50_ns = measured.predicted_service[row].quantile(0.5),
                            .measured_p50_ns = measured.measured_service[row].quantile(0.5),
                            .left_out = inputs.setup.devices[row] == "emulated" ? "" : link};
    for (const ServiceSum& sum : measured.checks[row]) {
      check.predicted_ns += sum.predicted_ns;
      check.measured_ns += sum.measured_ns;
    }
    out.tier_checks.push_back(std::move(check));
  }
}

std::uint64_t evictions_of(const cache::CacheCounters& counters) {
  std::uint64_t sum = 0;
  for (const cache::TierCounters& tier : counters.tiers) sum += tier.evictions;
  return sum;
}

std::vector<result::SeriesPoint> collect_series(const CollectInputs& inputs) {
  std::vector<result::SeriesPoint> series;
  const std::size_t tiers = inputs.setup.devices.size();
  Sample before;
  for (const Sample& sample : inputs.outcome.samples) {
    result::SeriesPoint point;
    point.t_ns = sample.at.count();
    point.requests = sample.requests - before.requests;
    point.accesses = sample.counters.accesses - before.counters.accesses;
    point.hits = sample.counters.hits - before.counters.hits;
    point.covered = sample.counters.covered - before.counters.covered;
    point.misses = sample.counters.misses - before.counters.misses;
    point.evictions = evictions_of(sample.counters) - evictions_of(before.counters);
    point.service_ns = sample.counters.service_ns - before.counters.service_ns;
    for (std::size_t i = 0; i < tiers; ++i) point.used_bytes.push_back(sample.counters.tiers[i].used.value);
    for (const Bytes capacity : sample.capacities) point.capacity_bytes.push_back(capacity.value);
    point.warmup = sample.warmup;
    series.push_back(std::move(point));
    before = sample;
    if (sample.warmup_end) before.counters = {};  // counting starts anew
  }
  return series;
}

}  // namespace

result::RunResult collect(const CollectInputs& inputs) {
  const cache::CacheCounters counted = inputs.setup.manager->counters();
  result::RunResult out;
  out.name = inputs.config.name;
  out.mode = name_of(inputs.config.mode);
  out.config = to_json(inputs.config).dump();
  collect_totals(counted, inputs, out.totals);
  const cache::PolicyFacts facts = inputs.setup.manager->policy_facts();
  out.tiers = collect_tiers(counted, inputs.setup, facts);
  out.migration_facts = facts.migration;
  out.prefetch_facts = facts.prefetch;
  if (const auto counts = inputs.setup.manager->prefetches()) out.prefetch = collect_prefetch(*counts);
  out.kinds = collect_kinds(counted);
  out.misses_by_cause = collect_causes(counted);
  collect_latency(inputs, out);
  collect_checks(inputs, out);
  collect_tier_checks(inputs, out);
  out.series = collect_series(inputs);
  out.decision_log_hash = inputs.setup.manager->decision_log_hash();
  const cache::CacheStatistics statistics = inputs.setup.manager->statistics();
  out.compression = collect_compression({.config = inputs.config,
                                         .tiers = statistics.tiers,
                                         .counted = counted,
                                         .transfers = statistics.transfers});
  if (inputs.setup.multimodal) out.multimodal = inputs.setup.multimodal->collect();
  if (inputs.setup.visual) out.visual = inputs.setup.visual->collect();
  out.links = {.pcie_up_bytes = counted.links.pcie_up.value,
               .pcie_down_bytes = counted.links.pcie_down.value,
               .ssd_read_bytes = counted.links.ssd_read.value,
               .ssd_write_bytes = counted.links.ssd_write.value};
  const cache::CacheCounters& warmup = inputs.outcome.warmup;
  out.warmup = {.requests = inputs.outcome.warmup_requests,
                .accesses = warmup.accesses,
                .hits = warmup.hits,
                .covered = warmup.covered,
                .misses = warmup.misses,
                .elapsed_ns = inputs.outcome.warmup_elapsed.count()};
  out.notes = inputs.setup.notes;
  out.trace = {.name = inputs.facts.header.name,
               .sha256 = "",
               .requests = inputs.facts.requests,
               .accesses = inputs.facts.accesses,
               .distinct = inputs.facts.distinct,
               .bytes_requested = inputs.facts.bytes_requested.value,
               .bytes_distinct = inputs.facts.bytes_distinct.value,
               .format = inputs.facts.header.format,
               .lowering = model::name_of(inputs.facts.lowering)};
  return out;
}

}  // namespace cachebench::bench

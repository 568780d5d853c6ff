// SPDX-License-Identifier: Apache-2.0
// Hits while a cache works: a look-up between the reads of a request, and a read of the drive beside the
// writes of what other hits displace; then what other migrations make of both. Last, as it is a run with the
// figures of all others.
#include <algorithm>
#include <cmath>
#include <map>

#include "bench/calibrate/part.h"
#include "bench/calibrate/scratch_file.h"
#include "bench/calibrate/trial_run.h"
#include "core/registry.h"
#include "hardware/policy_extras.h"
#include "policy/migration.h"

namespace cachebench::bench {
namespace {

// A median of fewer hits is one of chance.
constexpr std::uint64_t kEnoughHits = 100;
// Of a run that is only compared with another of its length.
constexpr std::uint64_t kShort = 250;

constexpr char kLookup[] = "lookup";
constexpr char kSsdRead[] = "ssd_read";

double per_hit(std::int64_t total, std::uint64_t count) {
  return static_cast<double>(total) / static_cast<double>(count);
}

// One number for hits whose times are skewed: between their median and their mean, by the same factor from
// both, so that neither the median nor the sum is further off than need be.
double typical(const result::TierCheck& check) {
  return std::sqrt(static_cast<double>(check.measured_p50_ns) * per_hit(check.measured_ns, check.count));
}

// What hits take by the figures that this concerns: the first tier's in all, the third's beyond the model.
std::map<std::string, double> times_of(const std::vector<result::TierCheck>& checks) {
  std::map<std::string, double> times;
  for (const result::TierCheck& check : checks) {
    if (check.count < kEnoughHits || !check.left_out.empty()) continue;
    if (check.tier == "L1") times[kLookup] = typical(check);
    if (check.tier == "L3") times[kSsdRead] = typical(check) - per_hit(check.predicted_ns, check.count);
  }
  return times;
}

void set_base(Session& session, const hardware::Profile& base,
              const std::map<std::string, std::vector<double>>& times) {
  const auto lookup = times.find(kLookup);
  if (lookup == times.end()) return;
  const Spread spread = spread_of(lookup->second);
  session.set_figure(
      "lookup_ns", std::round(spread.median), spread,
      "hits of the first tier in a run of a made-up chat, between their median and their mean");
  const auto read = times.find(kSsdRead);
  const auto known = session.figures().find("ssd_read_latency_ns");
  if (read == times.end()) return;
  const double before = known != session.figures().end() ? known->second.value
                                                         : static_cast<double>(base.ssd_read.latency.count());
  Spread whole = spread_of(read->second);
  whole.median = std::max(0.0, std::round(before + whole.median));
  session.set_figure(
      "ssd_read_latency_ns", whole.median, whole,
      fmt::format("hits of the third tier in a run of a made-up chat, between their median and their mean; "
                  "{:.0f} ns by records exchanged alone",
                  before));
}

// Both by one run each, a moment apart from one with the usual policies.
void measure_variant(Session& session, const TrialRun& trial, const std::map<std::string, double>& usual,
                     const std::string& variant, const TrialShape& shape) {
  if (session.is_over()) return session.leave_out("hits with " + variant, "the time was over");
  for (const auto& [figure, time] : times_of(trial.once(shape))) {
    const auto base = usual.find(figure);
    if (base == usual.end()) continue;
    session.set_known(fmt::format("{}.{}.{}", hardware::kPolicyExtras, figure, variant),
                      std::round(time - base->second),
                      fmt::format("measured here on {} by calibrate: hits in a run of a made-up chat, less "
                                  "those with the usual policies",
                                  session.date()));
  }
}

void run(Session& session) {
  if (session.options().quick)
    return session.leave_out("hits while a cache works", "a rough look has no time for it");
  const hardware::Profile base = hardware::find_profile(session.options().base);
  const TrialRun trial(session, base, scratch_folder(session.options().directory));
  std::map<std::string, std::vector<double>> times;
  const auto spread = session.measure({.name = "run_first_tier_hit", .unit = "ns", .weight = 3}, [&] {
    const auto found = times_of(trial.once());
    for (const auto& [figure, time] : found) times[figure].push_back(time);
    return found.contains(kLookup) ? found.at(kLookup) : 0.0;
  });
  if (!spread || session.is_over()) return set_base(session, base, times);
  const TrialShape usual{.requests = kShort};
  const auto shorter = times_of(trial.once(usual));
  for (const policy::MigrationDescriptor& each : policy::MigrationRegistry::instance().items()) {
    if (each.name == usual.migration) continue;
    measure_variant(session, trial, shorter, "migration." + each.name,
                    {.migration = each.name, .requests = kShort});
  }
  measure_variant(session, trial, shorter, "multimodal", {.multimodal = true, .requests = kShort});
  set_base(session, base, times);
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "run", .order = 95, .doc = "Hits while a cache works", .run = run});

}  // namespace
}  // namespace cachebench::bench

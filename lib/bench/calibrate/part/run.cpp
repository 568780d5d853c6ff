// SPDX-License-Identifier: Apache-2.0
// Hits while a cache works: a look-up between the reads of a request, and a read of the drive beside the
// writes of what other hits displace; then what other migrations make of both. Last, as it is a run with the
// figures of all others.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "bench/calibrate/part.h"
#include "bench/calibrate/scratch_file.h"
#include "bench/calibrate/trial_run.h"
#include "core/registry.h"
#include "hardware/policy_extras.h"
#include "hardware/time_skews.h"
#include "policy/migration.h"

namespace cachebench::bench {
namespace {

// A median of fewer hits is one of chance.
constexpr std::uint64_t kEnoughHits = 100;
// Of a run that is only compared with another of its length.
constexpr std::uint64_t kShort = 250;
// Rounds of the runs with other policies: what they add is the median of the rounds.
constexpr int kRounds = 3;

constexpr char kLookup[] = "lookup";
constexpr char kH2d[] = "h2d";
constexpr char kSsdRead[] = "ssd_read";
constexpr const char* kFirst = hardware::kFirstLookup;

// What a figure of the model should be by the hits of one run: for their median, and for their mean.
struct Seen {
  double median = 0;
  double mean = 0;
};
using SeenFigures = std::map<std::string, Seen>;

// The first tier's hits are look-ups. A lower tier's differ from the model by what the latency of its reads
// is off, as the bytes are taken at rates that hold. The first look-ups of requests are a figure of their
// own, and not in the others' mean.
SeenFigures seen_in(const TrialTimes& times, const hardware::Profile& profile) {
  SeenFigures seen;
  const auto firsts = static_cast<double>(times.firsts);
  for (const result::TierCheck& check : times.tiers) {
    if (check.count < kEnoughHits || !check.left_out.empty()) continue;
    const auto count = static_cast<double>(check.count);
    Seen off{.median = static_cast<double>(check.measured_p50_ns - check.predicted_p50_ns),
             .mean = static_cast<double>(check.measured_ns - check.predicted_ns) / count};
    const auto take = [&](const char* figure, Nanoseconds modelled) {
      const auto now = static_cast<double>(modelled.count());
      seen[figure] = {.median = std::max(1.0, now + off.median), .mean = std::max(1.0, now + off.mean)};
    };
    if (check.tier == "L1") {
      take(kLookup, profile.lookup);
      const auto first = static_cast<double>(times.first_lookup.count() - check.measured_p50_ns);
      if (times.firsts >= kEnoughHits) seen[kFirst] = {.median = first, .mean = first};
      seen[kLookup].mean -= std::max(0.0, first) * firsts / count;
    }
    if (check.tier == "L2") take(kH2d, profile.h2d.latency);
    if (check.tier == "L3") take(kSsdRead, profile.ssd_read.latency);
  }
  return seen;
}

// Values of the figures by name, over the runs.
using Samples = std::map<std::string, std::vector<double>>;

void set_median(Session& session, const Samples& medians, const char* figure, const char* key,
                const char* how) {
  const auto found = medians.find(figure);
  if (found == medians.end()) return;
  Spread spread = spread_of(found->second);
  spread.median = std::round(spread.median);
  session.set_figure(key, spread.median, spread, how);
}

void set_base(Session& session, const Samples& medians, const Samples& skews) {
  set_median(session, medians, kLookup, "lookup_ns", "hits of the first tier in a run of a made-up chat");
  set_median(session, medians, kSsdRead, "ssd_read_latency_ns",
             "hits of the third tier in a run of a made-up chat");
  set_median(session, medians, kFirst, fmt::format("{}.{}", hardware::kPolicyExtras, kFirst).c_str(),
             "first look-ups of requests in a run of a made-up chat, less the others'");
  for (const auto& [figure, values] : skews) {
    const Spread spread = spread_of(values);
    session.set_figure(fmt::format("{}.{}", hardware::kTimeSkews, figure), spread.median, spread,
                       "hits in runs of a made-up chat");
  }
}

struct Variant {
  std::string name;
  TrialShape shape;
};

std::vector<Variant> variants_of(const TrialShape& usual) {
  // What differs most comes first: the time may be over before the last.
  std::vector<Variant> variants;
  variants.push_back({"multimodal", {.multimodal = true, .requests = kShort}});
  for (const policy::MigrationDescriptor& each : policy::MigrationRegistry::instance().items()) {
    if (each.name == usual.migration) continue;
    variants.push_back({"migration." + each.name, {.migration = each.name, .requests = kShort}});
  }
  return variants;
}

// Each by runs a moment after one with the usual policies, in rounds: the machine's own pace changes.
void measure_variants(Session& session, const std::function<SeenFigures(const TrialShape&)>& once) {
  const TrialShape usual{.requests = kShort};
  Samples extras;
  Samples skews;
  for (int round = 0; round < kRounds && !session.is_over(); ++round) {
    const SeenFigures base = once(usual);
    for (const Variant& variant : variants_of(usual)) {
      if (session.is_over()) break;
      for (const auto& [figure, seen] : once(variant.shape)) {
        if (figure == kFirst) continue;
        const std::string name = figure + "." + variant.name;
        if (seen.median > 1) skews[name].push_back(seen.mean / seen.median);
        const auto found = base.find(figure);
        if (found != base.end() && figure != kH2d) extras[name].push_back(seen.median - found->second.median);
      }
    }
  }
  if (extras.empty()) session.leave_out("hits with other migrations", "the time was over");
  for (const auto& [name, values] : extras) {
    session.set_known(
        fmt::format("{}.{}", hardware::kPolicyExtras, name), std::round(spread_of(values).median),
        fmt::format("measured here on {} by calibrate, median of {}: hits in a run of a made-up "
                    "chat, less those with the usual policies in the same round",
                    session.date(), values.size()));
  }
  for (const auto& [name, values] : skews) {
    const Spread spread = spread_of(values);
    session.set_figure(fmt::format("{}.{}", hardware::kTimeSkews, name), spread.median, spread,
                       "hits in runs of a made-up chat");
  }
}

void run(Session& session) {
  if (session.options().quick)
    return session.leave_out("hits while a cache works", "a rough look has no time for it");
  const hardware::Profile base = hardware::find_profile(session.options().base);
  const TrialRun trial(session, base, scratch_folder(session.options().directory));
  const auto once = [&](const TrialShape& shape) { return seen_in(trial.once(shape), trial.profile()); };
  Samples medians;
  Samples skews;
  const auto spread = session.measure({.name = "run_first_tier_hit", .unit = "ns", .weight = 3}, [&] {
    const SeenFigures found = once({});
    for (const auto& [figure, seen] : found) {
      medians[figure].push_back(seen.median);
      if (figure != kFirst) skews[figure].push_back(seen.mean / seen.median);
    }
    return found.contains(kLookup) ? found.at(kLookup).median : 0.0;
  });
  if (spread && !session.is_over()) measure_variants(session, once);
  set_base(session, medians, skews);
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "run", .order = 95, .doc = "Hits while a cache works", .run = run});

}  // namespace
}  // namespace cachebench::bench

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
#include "bench/run/run_policies.h"
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
// Of a look-up: what differs by less is measured once.
constexpr double kMuch = 0.15;
// Rounds of the runs with other policies: what they add is the median of the rounds.
constexpr int kRounds = 3;

// Of look-ups of one class, which are quicker told from others.
constexpr std::uint64_t kEnoughOfAClass = 10;

constexpr char kLookup[] = "lookup";
constexpr char kH2d[] = "h2d";
constexpr char kSsdRead[] = "ssd_read";
constexpr char kMultimodal[] = "multimodal";

// What a figure of the model should be by the hits of one run: for their median, and for their mean.
struct Seen {
  double median = 0;
  double mean = 0;
};
using SeenFigures = std::map<std::string, Seen>;

std::string class_figure(std::size_t one) {
  return hardware::lookup_extra(name_of(static_cast<LookupClass>(one)));
}

bool is_class_figure(const std::string& figure) {
  return figure.starts_with(hardware::lookup_extra("")) || figure == hardware::kFirstRead;
}

// The usual look-ups are a figure, and what those of the other classes take beyond them. A lower tier's hits
// differ from the model by their look-up and by what the latency of its reads is off, as the bytes are taken
// at rates that hold.
SeenFigures seen_in(const TrialTimes& times, const hardware::Profile& profile) {
  SeenFigures seen;
  const auto lookups = [&](LookupClass one) { return times.lookups[static_cast<std::size_t>(one)]; };
  const TrialTimes::Lookups usual = lookups(LookupClass::kUsual);
  if (usual.count < kEnoughHits) return seen;
  seen[kLookup] = {.median = usual.median, .mean = usual.mean};
  for (std::size_t i = 1; i < kLookupClasses; ++i) {
    const TrialTimes::Lookups& those = times.lookups[i];
    if (those.count < kEnoughOfAClass) continue;
    seen[class_figure(i)] = {.median = those.median - usual.median, .mean = those.mean - usual.mean};
  }
  TrialTimes::Lookups below = lookups(LookupClass::kPromoting);
  if (below.count < kEnoughOfAClass) below = usual;
  const auto modelled = static_cast<double>(profile.lookup.count());
  for (const result::TierCheck& check : times.tiers) {
    if (check.count < kEnoughHits || !check.left_out.empty() || check.tier == "L1") continue;
    const auto mean_off =
        static_cast<double>(check.measured_ns - check.predicted_ns) / static_cast<double>(check.count);
    const Seen off{.median = static_cast<double>(check.measured_p50_ns - check.predicted_p50_ns) -
                             (below.median - modelled),
                   .mean = mean_off - (below.mean - modelled)};
    const auto take = [&](const char* figure, Nanoseconds latency) {
      const auto now = static_cast<double>(latency.count());
      seen[figure] = {.median = std::max(1.0, now + off.median), .mean = std::max(1.0, now + off.mean)};
    };
    if (check.tier == "L2") take(kH2d, profile.h2d.latency);
    if (check.tier == "L3") take(kSsdRead, profile.ssd_read.latency);
    if (check.tier != "L3" || times.first_reads.count < kEnoughOfAClass) continue;
    const double beyond = times.first_reads.median - static_cast<double>(check.measured_p50_ns);
    seen[hardware::kFirstRead] = {.median = beyond, .mean = beyond};
  }
  return seen;
}

// Values of the figures by name, over the runs.
using Samples = std::map<std::string, std::vector<double>>;

void set_median(Session& session, const Samples& medians, const std::string& figure, const std::string& key,
                const std::string& how) {
  const auto found = medians.find(figure);
  if (found == medians.end()) return;
  Spread spread = spread_of(found->second);
  spread.median = std::round(spread.median);
  session.set_figure(key, spread.median, spread, how);
}

void set_base(Session& session, const Samples& medians, const Samples& skews) {
  set_median(session, medians, kLookup, "lookup_ns", "usual look-ups in a run of a made-up chat");
  set_median(session, medians, kSsdRead, "ssd_read_latency_ns",
             "hits of the third tier in a run of a made-up chat");
  for (std::size_t i = 1; i < kLookupClasses; ++i) {
    const std::string figure = class_figure(i);
    set_median(session, medians, figure, fmt::format("{}.{}", hardware::kPolicyExtras, figure),
               fmt::format("{} look-ups in runs of a made-up chat, less the usual",
                           name_of(static_cast<LookupClass>(i))));
  }
  set_median(session, medians, hardware::kFirstRead,
             fmt::format("{}.{}", hardware::kPolicyExtras, hardware::kFirstRead),
             "first reads of the drive in requests of a made-up chat, less the median");
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

std::vector<Variant> trial_variants(const TrialShape& usual, const std::vector<RunConfig>& asked_for) {
  // What was asked for comes first, then what differs most: the time may be over before the last.
  std::vector<Variant> variants;
  for (const RunConfig& policies : asked_for)
    variants.push_back({policies_name(policies), {.requests = kShort, .policies = policies}});
  variants.push_back({kMultimodal, {.multimodal = true, .requests = kShort}});
  for (const policy::MigrationDescriptor& each : policy::MigrationRegistry::instance().items()) {
    if (each.name == usual.migration) continue;
    variants.push_back({"migration." + each.name, {.migration = each.name, .requests = kShort}});
  }
  return variants;
}

// Whether a variant's look-ups differ by class; a migration's do so in the usual one alone.
bool has_classes(const std::string& variant) {
  return variant == kMultimodal || variant.starts_with("policies.");
}

// Every run's figures, until the medians are taken.
struct Runs {
  Samples medians;
  Samples skews;
  Samples extras;                         ///< of variants, over a run with the usual policies a moment before
  std::map<std::string, Samples> beside;  ///< by figure: likewise, where the usual run has no such hits

  void add_usual(const SeenFigures& usual) {
    for (const auto& [figure, seen] : usual) {
      medians[figure].push_back(seen.median);
      if (!is_class_figure(figure)) skews[figure].push_back(seen.mean / seen.median);
    }
  }

  /// Whether the variant's usual look-up takes much longer or shorter.
  [[nodiscard]] bool differs(const std::string& variant, const SeenFigures& usual) const {
    const auto found = extras.find(fmt::format("{}.{}", kLookup, variant));
    if (has_classes(variant) || found == extras.end() || !usual.contains(kLookup)) return true;
    return std::abs(found->second.front()) > kMuch * usual.at(kLookup).median;
  }

  void add(const std::string& variant, const SeenFigures& varied, const SeenFigures& usual) {
    for (const auto& [figure, seen] : varied) {
      const std::string name = fmt::format("{}.{}", figure, variant);
      const auto found = usual.find(figure);
      if (is_class_figure(figure)) {
        if (!has_classes(variant)) continue;
        // The usual run has none that are similar: they are a figure by the plain multimodal cache's.
        if (found == usual.end() && variant == kMultimodal) medians[figure].push_back(seen.median);
        if (found == usual.end() && variant != kMultimodal) beside[figure][name].push_back(seen.median);
        if (found != usual.end()) extras[name].push_back(seen.median - found->second.median);
        continue;
      }
      skews[name].push_back(seen.mean / seen.median);
      if (found != usual.end() && figure != kH2d) extras[name].push_back(seen.median - found->second.median);
    }
  }
};

// Each by runs a moment after one with the usual policies, in rounds: the machine's own pace changes. After
// the first round the time is that of the policies which make a difference.
void measure_variants(Session& session, Runs& runs,
                      const std::function<SeenFigures(const TrialShape&)>& once) {
  const TrialShape usual{.requests = kShort};
  Nanoseconds longest{0};
  const auto timed = [&](const TrialShape& shape) {
    const Nanoseconds begun = session.elapsed();
    SeenFigures seen = once(shape);
    longest = std::max(longest, session.elapsed() - begun);
    return seen;
  };
  std::vector<Variant> variants = trial_variants(usual, session.options().policies);
  for (int round = 0; round < kRounds && session.has_time_for(longest); ++round) {
    const SeenFigures base = timed(usual);
    for (const Variant& variant : variants) {
      if (!session.has_time_for(longest)) break;
      runs.add(variant.name, timed(variant.shape), base);
    }
    if (round == 0)
      std::erase_if(variants, [&](const Variant& variant) { return !runs.differs(variant.name, base); });
  }
  if (runs.extras.empty()) session.leave_out("hits with other migrations", "the time was over");
}

Samples extras_of(const Runs& runs) {
  Samples extras = runs.extras;
  for (const auto& [figure, samples] : runs.beside) {
    const auto usual = runs.medians.find(figure);
    const double base = usual != runs.medians.end() ? spread_of(usual->second).median : 0;
    for (const auto& [name, values] : samples) {
      for (const double value : values) extras[name].push_back(value - base);
    }
  }
  return extras;
}

void set_variants(Session& session, const Samples& extras) {
  for (const auto& [name, values] : extras) {
    session.set_known(
        fmt::format("{}.{}", hardware::kPolicyExtras, name), std::round(spread_of(values).median),
        fmt::format("measured here on {} by calibrate, median of {}: hits in a run of a made-up "
                    "chat, less those with the usual policies in the same round",
                    session.date(), values.size()));
  }
}

void run(Session& session) {
  if (session.options().quick)
    return session.leave_out("hits while a cache works", "a rough look has no time for it");
  const hardware::Profile base = hardware::find_profile(session.options().base);
  const TrialRun trial(session, base, scratch_folder(session.options().directory));
  const auto once = [&](const TrialShape& shape) { return seen_in(trial.once(shape), trial.profile()); };
  Runs runs;
  const auto spread = session.measure({.name = "run_usual_lookup", .unit = "ns", .weight = 3}, [&] {
    const SeenFigures found = once({});
    runs.add_usual(found);
    return found.contains(kLookup) ? found.at(kLookup).median : 0.0;
  });
  if (spread) measure_variants(session, runs, once);
  set_base(session, runs.medians, runs.skews);
  set_variants(session, extras_of(runs));
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "run", .order = 95, .doc = "Hits while a cache works", .run = run});

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
// Hits while a cache works: a look-up between the reads of a request, and a read of the drive beside the
// writes of what other hits displace; then what other migrations make of both. Last, as it is a run with the
// figures of all others.
#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>

#include "bench/calibrate/part.h"
#include "bench/calibrate/run_figures.h"
#include "bench/calibrate/scratch_file.h"
#include "bench/calibrate/trial_run.h"
#include "bench/run/run_policies.h"
#include "core/registry.h"
#include "hardware/policy_extras.h"
#include "hardware/time_ratios.h"
#include "policy/migration.h"

namespace cachebench::bench {
namespace {

// Of a run that is only compared with another of its length.
constexpr std::uint64_t kShort = 250;
// Rounds of the runs with other policies: what they add is the median of the rounds.
constexpr int kRounds = 3;

void set_median(Session& session, const TrialBook::Samples& medians, const std::string& figure,
                const std::string& key, const std::string& how) {
  const auto found = medians.find(figure);
  if (found == medians.end()) return;
  Spread spread = spread_of(found->second);
  spread.median = std::round(spread.median);
  session.set_figure(key, spread.median, spread, how);
}

void set_ratios(Session& session, const char* object, const TrialBook::Samples& samples) {
  for (const auto& [figure, values] : samples) {
    const Spread spread = spread_of(values);
    session.set_figure(fmt::format("{}.{}", object, figure), spread.median, spread,
                       "hits in runs of a made-up chat");
  }
}

void set_base(Session& session, const TrialBook::Samples& medians) {
  set_median(session, medians, "lookup", "lookup_ns", "usual look-ups in a run of a made-up chat");
  set_median(session, medians, "ssd_read", "ssd_read_latency_ns",
             "hits of the third tier in a run of a made-up chat");
  for (std::size_t i = 1; i < kLookupClasses; ++i) {
    const auto one = static_cast<LookupClass>(i);
    const std::string figure = figure_of(one);
    set_median(session, medians, figure, fmt::format("{}.{}", hardware::kPolicyExtras, figure),
               fmt::format("{} look-ups in runs of a made-up chat, less the usual", name_of(one)));
  }
  set_median(session, medians, hardware::kFirstRead,
             fmt::format("{}.{}", hardware::kPolicyExtras, hardware::kFirstRead),
             "first reads of the drive in requests of a made-up chat, less the median");
}

struct Variant {
  std::string name;
  TrialShape shape;
};

std::vector<Variant> asked_variants(const std::vector<RunConfig>& asked_for) {
  std::vector<Variant> variants;
  for (const RunConfig& policies : asked_for)
    variants.push_back({policies_name(policies), {.requests = kShort, .policies = policies}});
  return variants;
}

// What differs most comes first: the time may be over before the last.
std::vector<Variant> usual_variants(const TrialShape& usual) {
  std::vector<Variant> variants{{kMultimodalVariant, {.multimodal = true, .requests = kShort}},
                                {kVerifyVariant, {.verify = true, .requests = kShort}}};
  for (const policy::MigrationDescriptor& each : policy::MigrationRegistry::instance().items()) {
    if (each.name == usual.migration) continue;
    variants.push_back({"migration." + each.name, {.migration = each.name, .requests = kShort}});
  }
  return variants;
}

// Each by runs a moment after one with the usual policies, in rounds: the machine's own pace changes. After
// the first round the time is that of the policies which make a difference.
class VariantRounds {
 public:
  using Once = std::function<SeenFigures(const TrialShape&)>;

  VariantRounds(Session& session, TrialBook& book, Once once)
      : session_(session), book_(book), once_(std::move(once)) {}

  void measure(std::vector<Variant> variants) {
    for (int round = 0; round < kRounds; ++round) {
      std::optional<SeenFigures> base;
      for (const Variant& variant : variants) {
        // Of the run itself, and of what it is held against.
        if (!session_.has_time_for(base ? longest_ : 2 * longest_)) break;
        if (!base) base = timed({.requests = kShort});
        book_.add(variant.name, timed(variant.shape), *base);
        measured_.insert(variant.name);
      }
      if (round == 0) name_left_out(variants);
      if (!base) return;
      if (round == 0)
        std::erase_if(variants, [&](const Variant& variant) { return !book_.differs(variant.name, *base); });
    }
  }

 private:
  SeenFigures timed(const TrialShape& shape) {
    const Nanoseconds begun = session_.elapsed();
    SeenFigures seen = once_(shape);
    longest_ = std::max(longest_, session_.elapsed() - begun);
    return seen;
  }

  void name_left_out(const std::vector<Variant>& variants) {
    for (const Variant& variant : variants) {
      if (!measured_.contains(variant.name))
        session_.leave_out("hits with " + variant.name, "the time was over");
    }
  }

  Session& session_;
  TrialBook& book_;
  const Once once_;
  Nanoseconds longest_{0};
  std::set<std::string> measured_;
};

void set_variants(Session& session, const TrialBook::Samples& extras) {
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
  const auto once = [&](const TrialShape& shape) {
    return figures_seen_in(trial.once(shape), trial.profile());
  };
  TrialBook book;
  const auto spread = session.measure({.name = "run_usual_lookup", .unit = "ns", .weight = 3}, [&] {
    const SeenFigures found = once({});
    book.add_usual(found);
    return found.contains("lookup") ? found.at("lookup").median : 0.0;
  });
  if (spread) {
    VariantRounds rounds(session, book, once);
    // What was asked for in all its rounds before the rest.
    rounds.measure(asked_variants(session.options().policies));
    rounds.measure(usual_variants({}));
  }
  set_base(session, book.medians());
  set_ratios(session, hardware::kTimeSkews, book.skews());
  set_ratios(session, hardware::kTimeSpreads, book.spreads());
  set_variants(session, book.extras());
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "run", .order = 95, .doc = "Hits while a cache works", .run = run});

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/run_figures.h"

#include <algorithm>
#include <cmath>

#include "bench/calibrate/spread.h"
#include "bench/run/run_policies.h"
#include "hardware/policy_extras.h"

namespace cachebench::bench {
namespace {

// A median of fewer hits is one of chance.
constexpr std::uint64_t kEnoughHits = 100;
// Of look-ups of one class, which are quicker told from others.
constexpr std::uint64_t kEnoughOfAClass = 10;
// Of a look-up: what differs by less is measured once.
constexpr double kMuch = 0.15;

constexpr char kLookup[] = "lookup";
constexpr char kH2d[] = "h2d";
constexpr char kSsdRead[] = "ssd_read";

bool is_of_a_class(const std::string& figure) {
  return figure.starts_with(hardware::lookup_extra("")) || figure == hardware::kFirstRead;
}

// Whether look-ups differ by class with the variant; with a migration the usual one alone does.
bool has_classes(const std::string& variant) {
  return variant == kMultimodalVariant || variant == kVerifyVariant || variant.starts_with(kPoliciesVariant);
}

double mean_of(const result::TierCheck& check) {
  return static_cast<double>(check.measured_ns) / static_cast<double>(check.count);
}

// Of the hits that were not first of their request to read the drive.
double mean_of_others(const result::TierCheck& check, const TrialTimes::Lookups& first) {
  if (check.count <= first.count) return mean_of(check);
  const double of_first = first.mean * static_cast<double>(first.count);
  return (static_cast<double>(check.measured_ns) - of_first) / static_cast<double>(check.count - first.count);
}

// A class has what it takes beyond the usual, which has all of it.
double skew_in(const SeenFigures& seen, const std::string& figure) {
  Seen whole = seen.at(figure);
  if (is_of_a_class(figure)) {
    const Seen& usual = seen.at(figure.substr(0, figure.find('.')));
    whole = {.median = usual.median + whole.median, .mean = usual.mean + whole.mean};
  }
  return whole.mean / std::max(1.0, whole.median);
}

}  // namespace

std::string figure_of(LookupClass one) {
  return hardware::lookup_extra(name_of(one));
}

// A lower tier's hits differ from the model by their look-up and by what the latency of its reads is off, as
// the bytes are taken at rates that hold.
SeenFigures figures_seen_in(const TrialTimes& times, const hardware::Profile& profile) {
  SeenFigures seen;
  const auto lookups = [&](LookupClass one) { return times.lookups[static_cast<std::size_t>(one)]; };
  const TrialTimes::Lookups usual = lookups(LookupClass::kUsual);
  if (usual.count < kEnoughHits) return seen;
  seen[kLookup] = {.median = usual.median, .mean = usual.mean, .quartile = usual.quartile};
  for (std::size_t i = 1; i < kLookupClasses; ++i) {
    const TrialTimes::Lookups& those = times.lookups[i];
    if (those.count < kEnoughOfAClass) continue;
    seen[figure_of(static_cast<LookupClass>(i))] = {
        .median = those.median - usual.median, .mean = those.mean - usual.mean, .quartile = those.quartile};
  }
  TrialTimes::Lookups below = lookups(LookupClass::kPromoting);
  if (below.count < kEnoughOfAClass) below = usual;
  const auto modelled = static_cast<double>(profile.lookup.count());
  for (const result::TierCheck& check : times.tiers) {
    if (check.count < kEnoughHits || !check.left_out.empty() || check.tier == "L1") continue;
    const auto predicted = static_cast<double>(check.predicted_ns) / static_cast<double>(check.count);
    const bool tells_first = check.tier == "L3" && times.first_reads.count >= kEnoughOfAClass;
    const double mean = tells_first ? mean_of_others(check, times.first_reads) : mean_of(check);
    const Seen off{.median = static_cast<double>(check.measured_p50_ns - check.predicted_p50_ns) -
                             (below.median - modelled),
                   .mean = mean - predicted - (below.mean - modelled)};
    const auto take = [&](const char* figure, Nanoseconds latency) {
      const auto now = static_cast<double>(latency.count());
      seen[figure] = {.median = std::max(1.0, now + off.median), .mean = std::max(1.0, now + off.mean)};
    };
    if (check.tier == "L2") take(kH2d, profile.h2d.latency);
    if (check.tier == "L3") take(kSsdRead, profile.ssd_read.latency);
    if (!tells_first) continue;
    seen[hardware::kFirstRead] = {
        .median = times.first_reads.median - static_cast<double>(check.measured_p50_ns),
        .mean = times.first_reads.mean - mean};
  }
  return seen;
}

void TrialBook::add_usual(const SeenFigures& usual) {
  for (const auto& [figure, seen] : usual) {
    medians_[figure].push_back(seen.median);
    add_ratios(usual, figure, "");
  }
}

void TrialBook::add_ratios(const SeenFigures& seen, const std::string& figure, const std::string& suffix) {
  skews_[figure + suffix].push_back(skew_in(seen, figure));
  if (figure.starts_with(kLookup)) spreads_[figure + suffix].push_back(seen.at(figure).quartile);
}

bool TrialBook::differs(const std::string& variant, const SeenFigures& usual) const {
  const auto found = extras_.find(std::string(kLookup) + "." + variant);
  if (has_classes(variant) || found == extras_.end() || !usual.contains(kLookup)) return true;
  return std::abs(found->second.front()) > kMuch * usual.at(kLookup).median;
}

void TrialBook::add(const std::string& variant, const SeenFigures& varied, const SeenFigures& usual) {
  for (const auto& [figure, seen] : varied) {
    const std::string name = figure + "." + variant;
    const auto found = usual.find(figure);
    if (!is_of_a_class(figure) || has_classes(variant)) add_ratios(varied, figure, "." + variant);
    if (!is_of_a_class(figure)) {
      if (found != usual.end() && figure != kH2d) extras_[name].push_back(seen.median - found->second.median);
      continue;
    }
    if (!has_classes(variant)) continue;
    if (found != usual.end()) {
      extras_[name].push_back(seen.median - found->second.median);
    } else if (variant == kMultimodalVariant) {
      medians_[figure].push_back(seen.median);
    } else {
      beside_[figure][name].push_back(seen.median);
    }
  }
}

TrialBook::Samples TrialBook::extras() const {
  Samples extras = extras_;
  for (const auto& [figure, samples] : beside_) {
    const auto usual = medians_.find(figure);
    const double base = usual != medians_.end() ? spread_of(usual->second).median : 0;
    for (const auto& [name, values] : samples) {
      for (const double value : values) extras[name].push_back(value - base);
    }
  }
  return extras;
}

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/run/hit_extras.h"

#include <cmath>
#include <optional>

#include "core/det_math.h"
#include "hardware/policy_extras.h"
#include "hardware/time_ratios.h"

namespace cachebench::bench {
namespace {

// The middles of eighths of a normal distribution, in units of its upper quartile. The logarithms of look-up
// times are close to one, but for a long tail that moves no median.
constexpr std::array<double, kSpreadPoints> kEighths{-2.2744, -1.3153, -0.7249, -0.2333,
                                                     0.2333,  0.7249,  1.3153,  2.2744};

// What a profile says of a run with some variants.
class Expectations {
 public:
  Expectations(const hardware::Profile& profile, std::span<const std::string> variants)
      : profile_(profile), variants_(variants) {}

  // Of a figure, which is `median`, beside what decisions know of it.
  [[nodiscard]] HitExtra of(const char* figure, Nanoseconds median, Nanoseconds decided) const {
    return {.median = median - decided, .mean = median - decided + beyond(figure, median)};
  }

  // Of a class ("lookup.first"), beside what all of its figure ("lookup"), which is `median`, take.
  [[nodiscard]] HitExtra of_class(const std::string& name, const char* figure, Nanoseconds median) const {
    const Nanoseconds extra = hardware::extra_of(profile_, name, variants_);
    if (!skew_of(name)) return {.median = extra, .mean = extra};
    return {.median = extra, .mean = extra + beyond(name, median + extra) - beyond(figure, median)};
  }

  // Beyond its median, in medians, of a class of look-ups, or of all of them where nothing is known of it.
  [[nodiscard]] std::array<double, kSpreadPoints> spread_of(LookupClass one) const {
    std::optional<double> quartile = spread_named(hardware::lookup_extra(name_of(one)));
    if (!quartile) quartile = spread_named("lookup");
    std::array<double, kSpreadPoints> points{};
    for (std::size_t i = 0; i < points.size(); ++i)
      points[i] = det::pow(quartile.value_or(1), kEighths[i]) - 1;
    return points;
  }

 private:
  [[nodiscard]] std::optional<double> spread_named(const std::string& name) const {
    return hardware::ratio_of(profile_.time_spreads, name, variants_);
  }

  [[nodiscard]] std::optional<double> skew_of(const std::string& name) const {
    return hardware::ratio_of(profile_.time_skews, name, variants_);
  }

  // How far the mean of such a time lies above its median.
  [[nodiscard]] Nanoseconds beyond(const std::string& name, Nanoseconds median) const {
    return Nanoseconds{std::llround(static_cast<double>(median.count()) * (skew_of(name).value_or(1) - 1))};
  }

  const hardware::Profile& profile_;
  std::span<const std::string> variants_;
};

}  // namespace

HitExtras::HitExtras(const hardware::Profile& decided, const hardware::Profile& expected,
                     std::span<const std::string> variants)
    : lookup_(expected.lookup) {
  const Expectations all(expected, variants);
  lookups_.front() = all.of("lookup", expected.lookup, decided.lookup);
  for (std::size_t i = 1; i < lookups_.size(); ++i) {
    const auto one = static_cast<LookupClass>(i);
    lookups_[i] = all.of_class(hardware::lookup_extra(name_of(one)), "lookup", expected.lookup);
  }
  for (std::size_t i = 0; i < beyond_.size(); ++i) beyond_[i] = all.spread_of(static_cast<LookupClass>(i));
  copy_ = all.of("h2d", expected.h2d.latency, decided.h2d.latency);
  read_ = all.of("ssd_read", expected.ssd_read.latency, decided.ssd_read.latency);
  first_read_ = all.of_class(hardware::kFirstRead, "ssd_read", expected.ssd_read.latency);
}

HitExtra HitExtras::of(const HitTraits& traits) const {
  HitExtra sum = lookups_.front();
  const auto classes = traits.lookup.all();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i]) sum += lookups_[i];
  }
  if (traits.rests_in == hardware::Medium::kHost) sum += copy_;
  if (traits.rests_in == hardware::Medium::kSsd) sum += read_;
  if (traits.is_first_read) sum += first_read_;
  return sum;
}

Nanoseconds HitExtras::beyond_median(const LookupTraits& traits, std::size_t point) const {
  Nanoseconds median = lookup_;
  const auto classes = traits.all();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i]) median += lookups_[i].median;
  }
  const double beyond = beyond_[static_cast<std::size_t>(traits.last())][point];
  return Nanoseconds{std::llround(static_cast<double>(median.count()) * beyond)};
}

}  // namespace cachebench::bench

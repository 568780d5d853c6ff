// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/session.h"

#include <ctime>

#include <fmt/format.h>

#include <algorithm>

namespace cachebench::bench {
namespace {

// What one measurement of weight 1 may take where the whole may take kUsual.
constexpr Nanoseconds kUsualBudget{2'000'000'000};
constexpr Nanoseconds kQuickBudget{60'000'000};
constexpr Nanoseconds kUsual{120'000'000'000};

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

}  // namespace

const char* name_of(CalibrationBasis basis) {
  return basis == CalibrationBasis::kEmulated ? "emulated" : "measured";
}

Session::Session(const CalibrationOptions& options, const StopToken& stop, const Clock& clock)
    : options_(options), stop_(stop), clock_(clock), begun_(clock.now()), date_(today()) {}

bool Session::is_over() const {
  return !has_time_for(Nanoseconds{0});
}

bool Session::has_time_for(Nanoseconds duration) const {
  return !stop_.requested() && elapsed() + duration < options_.limit;
}

std::optional<Spread> Session::measure(const Subject& subject, const std::function<double()>& once) {
  if (stop_.requested()) return std::nullopt;
  const std::vector<std::string>& rows = options_.rows;
  if (!rows.empty() && std::find(rows.begin(), rows.end(), subject.name) == rows.end()) return std::nullopt;
  if (is_over()) {
    leave_out(subject.name, "the time was over");
    return std::nullopt;
  }
  if (options_.progress) {
    const double done = static_cast<double>(elapsed().count()) / static_cast<double>(options_.limit.count());
    options_.progress(subject.name, done);
  }
  const Nanoseconds usual = options_.quick ? kQuickBudget : kUsualBudget;
  const double scale =
      std::min(1.0, static_cast<double>(options_.limit.count()) / static_cast<double>(kUsual.count()));
  const double budget = static_cast<double>(usual.count()) * scale * subject.weight;
  const RepeatRule rule{.least = least(),
                        .goal = options_.quick ? 0.02 : 0.005,
                        .budget = Nanoseconds{static_cast<std::int64_t>(budget)}};
  Nanoseconds longest{0};
  const auto timed = [&] {
    const Nanoseconds begun = clock_.now();
    const double value = once();
    longest = std::max(longest, clock_.now() - begun);
    return value;
  };
  const Spread spread = repeat_until_steady(rule, clock_, timed, [&] { return !has_time_for(longest); });
  if (spread.repetitions == 0) return std::nullopt;
  measurements_.push_back({.name = subject.name,
                           .unit = subject.unit,
                           .basis = subject.basis,
                           .spread = spread,
                           .is_steady = is_steady(spread)});
  return spread;
}

void Session::set_figure(const std::string& key, double value, const Spread& spread, const std::string& how) {
  figures_[key] = {
      .value = value,
      .source = fmt::format("measured here on {} by calibrate, median of {}, spread {:.1f}%{}{}{}", date_,
                            spread.repetitions, 100 * spread.relative(),
                            is_steady(spread) ? "" : " (not steady)", how.empty() ? "" : ": ", how)};
}

void Session::set_known(const std::string& key, double value, const std::string& source) {
  figures_[key] = {.value = value, .source = source};
}

int Session::least() const {
  return options_.quick ? 3 : 5;
}

bool Session::is_steady(const Spread& spread) const {
  return spread.repetitions >= least() && spread.uncertainty() <= kSteady;
}

void Session::note(const std::string& about, const std::string& text) {
  notes_.push_back(fmt::format("{}: {}", about, text));
}

void Session::leave_out(const std::string& what, const std::string& why) {
  note(what, "not measured, " + why);
}

}  // namespace cachebench::bench

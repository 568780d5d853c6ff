// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/arrival.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/det_math.h"
#include "core/error.h"
#include "core/nearest.h"
#include "trace/synthetic/distribution.h"
#include "trace/synthetic/spec_object.h"

namespace cachebench::trace {
namespace {

using nlohmann::ordered_json;

constexpr Range kPositive{.min = 1e-9, .max = 1e9};
constexpr Range kShape{.min = 1e-3, .max = 1e6};
constexpr std::size_t kMostWindows = 1'000'000;
constexpr double kFill = 1.0 - 1e-9;  // of a window by draws that ran over it, so that rounding stays inside

// Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); shapes below 1 by their
// boost.
double sample_gamma(double shape, Rng& rng) {
  if (shape < 1) {
    const double boosted = sample_gamma(shape + 1, rng);
    return boosted * det::exp(det::log(sample_positive(rng)) / shape);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / det::sqrt(9.0 * d);
  while (true) {
    const double x = sample_normal(rng);
    const double root = 1.0 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (det::log(sample_positive(rng)) < 0.5 * x * x + d - d * v + d * det::log(v)) return d * v;
  }
}

// ln Γ(x) for x >= 1: recurrence up to 8, then Stirling's series.
double log_gamma(double x) {
  double product = 1;
  while (x < 8) product *= x++;
  const double inverse = 1.0 / x;
  const double square = inverse * inverse;
  const double series = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)));
  constexpr double kHalfLog2Pi = 0.91893853320467274178;
  return (x - 0.5) * det::log(x) - x + kHalfLog2Pi + series - det::log(product);
}

Gaps parse_gaps(SpecObject& object) {
  static const std::vector<std::string> known{"poisson", "gamma", "weibull"};
  const std::string process = object.text("process");
  if (process == "poisson") return {.scale_s = 1.0 / object.real("rate_per_s", kPositive)};
  if (process == "weibull") {
    return {.family = GapFamily::kWeibull,
            .shape = object.real("shape", {.min = 0.05, .max = 1e6}),
            .scale_s = object.real("scale_s", kPositive)};
  }
  if (process != "gamma") object.fail("process", unknown_name("process", process, known));
  if (!object.has("cv")) {
    return {.family = GapFamily::kGamma,
            .shape = object.real("shape", kShape),
            .scale_s = object.real("scale_s", kPositive)};
  }
  const double cv = object.real("cv", {.min = 1e-3, .max = 30});
  const double shape = 1.0 / (cv * cv);
  return {.family = GapFamily::kGamma,
          .shape = shape,
          .scale_s = 1.0 / (object.real("rate_per_s", kPositive) * shape)};
}

void put_gaps(const Gaps& gaps, ordered_json& out) {
  if (gaps.family == GapFamily::kExponential) {
    out["process"] = "poisson";
    out["rate_per_s"] = 1.0 / gaps.scale_s;
    return;
  }
  out["process"] = gaps.family == GapFamily::kGamma ? "gamma" : "weibull";
  out["shape"] = gaps.shape;
  out["scale_s"] = gaps.scale_s;
}

std::vector<ArrivalWindow> parse_windows(const ordered_json& windows, const std::string& where) {
  if (!windows.is_array() || windows.empty() || windows.size() > kMostWindows) {
    throw Error(ErrorKind::kUsage, where + ": is not an array of 1 to 1000000 windows");
  }
  std::vector<ArrivalWindow> result;
  for (const ordered_json& value : windows) {
    SpecObject object(value, where + "[" + std::to_string(result.size()) + "]");
    ArrivalWindow window;
    window.start_s = object.real("start_s", {.min = 0, .max = 1e9});
    window.end_s = object.real("end_s", {.min = 0, .max = 1e9});
    window.requests = object.count("requests", {.min = 0, .max = 1e9});
    window.gaps = parse_gaps(object);
    object.finish();
    if (window.end_s <= window.start_s) object.fail("end_s", "is not after start_s");
    if (!result.empty() && window.start_s < result.back().end_s) {
      object.fail("start_s", "lies before the end of the window before");
    }
    result.push_back(window);
  }
  return result;
}

}  // namespace

double sample_gap(const Gaps& gaps, Rng& rng) {
  switch (gaps.family) {
    case GapFamily::kExponential:
      return -det::log(sample_positive(rng)) * gaps.scale_s;
    case GapFamily::kGamma:
      return sample_gamma(gaps.shape, rng) * gaps.scale_s;
    case GapFamily::kWeibull: {
      const double exponential = -det::log(sample_positive(rng));
      return exponential > 0 ? det::pow(exponential, 1.0 / gaps.shape) * gaps.scale_s : 0;
    }
  }
  return 0;
}

double mean_gap(const Gaps& gaps) {
  switch (gaps.family) {
    case GapFamily::kExponential:
      return gaps.scale_s;
    case GapFamily::kGamma:
      return gaps.shape * gaps.scale_s;
    case GapFamily::kWeibull:
      return gaps.scale_s * det::exp(log_gamma(1.0 + 1.0 / gaps.shape));
  }
  return 0;
}

Arrival parse_arrival(const ordered_json& value, const std::string& where) {
  SpecObject object(value, where);
  Arrival arrival;
  if (const ordered_json* windows = object.find("windows")) {
    arrival.windows = parse_windows(*windows, object.path_of("windows"));
  } else {
    arrival.endless = parse_gaps(object);
  }
  object.finish();
  return arrival;
}

ordered_json to_json(const Arrival& arrival) {
  ordered_json out = ordered_json::object();
  if (arrival.endless) {
    put_gaps(*arrival.endless, out);
    return out;
  }
  ordered_json windows = ordered_json::array();
  for (const ArrivalWindow& window : arrival.windows) {
    ordered_json item{{"start_s", window.start_s}, {"end_s", window.end_s}, {"requests", window.requests}};
    put_gaps(window.gaps, item);
    windows.push_back(std::move(item));
  }
  out["windows"] = std::move(windows);
  return out;
}

bool ArrivalClock::open_window() {
  while (window_ < arrival_.windows.size()) {
    const ArrivalWindow& window = arrival_.windows[window_++];
    if (window.requests == 0) continue;
    const double room = window.end_s - window.start_s;
    Gaps gaps = window.gaps;
    const double needed = mean_gap(gaps) * static_cast<double>(window.requests);
    if (needed > room) gaps.scale_s *= room / needed;
    gaps_.clear();
    // The time before the first arrival belongs to the slack, so there is one gap fewer than requests.
    for (std::uint64_t i = 1; i < window.requests; ++i) gaps_.push_back(sample_gap(gaps, rng_));
    const double used = std::accumulate(gaps_.begin(), gaps_.end(), 0.0);
    if (used >= room) {
      const double shrink = kFill * room / used;
      for (double& gap : gaps_) gap *= shrink;
    }
    gaps_.push_back(window.start_s - now_s_ + rng_.uniform() * std::max(0.0, room - used));
    return true;
  }
  return false;
}

std::optional<double> ArrivalClock::next() {
  if (arrival_.endless) {
    now_s_ += sample_gap(*arrival_.endless, rng_);
    return now_s_;
  }
  if (gaps_.empty() && !open_window()) return std::nullopt;
  now_s_ += gaps_.back();
  gaps_.pop_back();
  return now_s_;
}

}  // namespace cachebench::trace

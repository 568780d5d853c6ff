// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/distribution.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/det_math.h"
#include "core/error.h"
#include "trace/fields.h"
#include "trace/synthetic/spec_object.h"

namespace cachebench::trace {
namespace {

using nlohmann::ordered_json;

constexpr double kMostValue = 1e9;
constexpr std::size_t kMostBins = 1'000'000;

}  // namespace

double sample_positive(Rng& rng) {
  return 1.0 - rng.uniform();
}

double sample_normal(Rng& rng) {
  while (true) {
    const double u = 2.0 * rng.uniform() - 1.0;
    const double v = 2.0 * rng.uniform() - 1.0;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * det::sqrt(-2.0 * det::log(s) / s);
  }
}

Distribution::Distribution(std::uint64_t value) : low_(value), high_(value) {}

Distribution Distribution::histogram(std::vector<std::pair<std::uint64_t, double>> weights) {
  Distribution result;
  result.set_histogram(std::move(weights));
  return result;
}

void Distribution::set_histogram(std::vector<std::pair<std::uint64_t, double>> weights) {
  family_ = Family::kHistogram;
  std::sort(weights.begin(), weights.end());
  double sum = 0;
  for (const auto& [value, weight] : weights) {
    CACHEBENCH_CHECK(weight >= 0, "weight {} of {}", weight, value);
    sum += weight;
    values_.push_back(value);
    weights_.push_back(weight);
    cumulative_.push_back(sum);
  }
  CACHEBENCH_CHECK(sum > 0, "a histogram without weight");
}

Distribution Distribution::parse(const ordered_json& value, const std::string& where) {
  Distribution result;
  if (value.is_number()) {
    const ordered_json wrapped{{"value", value}};
    SpecObject object(wrapped, where);
    result.low_ = result.high_ = object.count("value", {.min = 0, .max = kMostValue});
    return result;
  }
  if (!value.is_object()) throw Error(ErrorKind::kUsage, where + ": is neither a number nor a distribution");
  SpecObject object(value, where);
  if (const ordered_json* bounds = object.find("uniform")) {
    const bool pair = bounds->is_array() && bounds->size() == 2 && (*bounds)[0].is_number_unsigned() &&
                      (*bounds)[1].is_number_unsigned();
    if (!pair || (*bounds)[0] > (*bounds)[1] || (*bounds)[1] > kMostValue) {
      object.fail("uniform", "is not [smallest, largest] of whole numbers up to 1e9");
    }
    result.family_ = Family::kUniform;
    result.low_ = (*bounds)[0].get<std::uint64_t>();
    result.high_ = (*bounds)[1].get<std::uint64_t>();
  } else if (const ordered_json* geometric = object.find("geometric")) {
    SpecObject inner(*geometric, object.path_of("geometric"));
    result.family_ = Family::kGeometric;
    result.first_ = inner.real("mean", {.min = 1, .max = 1e6});
    inner.finish();
  } else if (const ordered_json* lognormal = object.find("lognormal")) {
    result.parse_lognormal(*lognormal, object.path_of("lognormal"));
  } else if (const ordered_json* histogram = object.find("histogram")) {
    result.parse_histogram(*histogram, object.path_of("histogram"));
  }
  object.finish();
  if (value.size() != 1) {
    throw Error(ErrorKind::kUsage, where + ": is not one of uniform, geometric, lognormal, histogram");
  }
  return result;
}

void Distribution::parse_lognormal(const ordered_json& value, const std::string& where) {
  SpecObject inner(value, where);
  family_ = Family::kLognormal;
  first_ = inner.real("median", {.min = 1, .max = kMostValue});
  second_ = inner.real("sigma", {.min = 0, .max = 4});
  high_ = inner.count("max", {.min = 1, .max = kMostValue});
  inner.finish();
}

void Distribution::parse_histogram(const ordered_json& value, const std::string& where) {
  if (!value.is_object() || value.empty() || value.size() > kMostBins) {
    throw Error(ErrorKind::kUsage, where + ": is not an object of 1 to 1000000 values with their weights");
  }
  std::vector<std::pair<std::uint64_t, double>> weights;
  double sum = 0;
  for (const auto& [key, weight] : value.items()) {
    try {
      const std::uint64_t number = parse_count(key, "value");
      const double mass = weight.is_number() ? weight.get<double>() : -1;
      if (!(mass >= 0 && mass <= kMostValue) || static_cast<double>(number) > kMostValue) {
        throw Error(ErrorKind::kUsage, "the weight of '" + key + "' is not a number from 0 to 1e9");
      }
      weights.emplace_back(number, mass);
      sum += mass;
    } catch (const Error& error) {
      throw Error(ErrorKind::kUsage, where + ": " + error.what());
    }
  }
  if (!(sum > 0)) throw Error(ErrorKind::kUsage, where + ": all weights are 0");
  set_histogram(std::move(weights));
}

std::uint64_t Distribution::sample(Rng& rng) const {
  switch (family_) {
    case Family::kConstant:
      return low_;
    case Family::kUniform:
      return low_ + rng.below(high_ - low_ + 1);
    case Family::kGeometric: {
      if (first_ <= 1) return 1;
      const double steps = det::log(sample_positive(rng)) / det::log(1.0 - 1.0 / first_);
      return 1 + static_cast<std::uint64_t>(std::min(steps, kMostValue));
    }
    case Family::kLognormal: {
      const double drawn = first_ * det::exp(second_ * sample_normal(rng));
      return static_cast<std::uint64_t>(std::clamp(drawn + 0.5, 1.0, static_cast<double>(high_)));
    }
    case Family::kHistogram: {
      const double at = rng.uniform() * cumulative_.back();
      const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
      const auto index = static_cast<std::size_t>(found - cumulative_.begin());
      return values_[std::min(index, values_.size() - 1)];
    }
  }
  return 0;
}

ordered_json Distribution::to_json() const {
  switch (family_) {
    case Family::kConstant:
      return low_;
    case Family::kUniform:
      return {{"uniform", {low_, high_}}};
    case Family::kGeometric:
      return {{"geometric", {{"mean", first_}}}};
    case Family::kLognormal:
      return {{"lognormal", {{"median", first_}, {"sigma", second_}, {"max", high_}}}};
    case Family::kHistogram: {
      ordered_json bins = ordered_json::object();
      for (std::size_t i = 0; i < values_.size(); ++i) bins[std::to_string(values_[i])] = weights_[i];
      return {{"histogram", std::move(bins)}};
    }
  }
  return {};
}

}  // namespace cachebench::trace

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/rng.h"

/// Distributions of whole numbers, as a generator spec writes them: tokens, images, turns. Immutable, hence
/// thread-safe; the same draws on every machine. In a spec:
///
///   17                                                   always 17
///   {"uniform": [10, 20]}                                both ends included
///   {"geometric": {"mean": 3}}                           1, 2, …
///   {"lognormal": {"median": 120, "sigma": 0.8, "max": 4000}}   rounded, at least 1, cut at max
///   {"histogram": {"136": 0.25, "372": 0.75}}            weights need not add up to 1
namespace cachebench::trace {

class Distribution {
 public:
  /// Always `value`.
  explicit Distribution(std::uint64_t value = 0);
  /// Weighted values, sorted by the caller or not. REQUIRES: a weight above 0, none negative.
  [[nodiscard]] static Distribution histogram(std::vector<std::pair<std::uint64_t, double>> weights);
  /// From a spec. Throws Error{kUsage} "`where`: reason".
  [[nodiscard]] static Distribution parse(const nlohmann::ordered_json& value, const std::string& where);

  [[nodiscard]] std::uint64_t sample(Rng& rng) const;
  [[nodiscard]] nlohmann::ordered_json to_json() const;

 private:
  enum class Family : std::uint8_t { kConstant, kUniform, kGeometric, kLognormal, kHistogram };
  void parse_lognormal(const nlohmann::ordered_json& value, const std::string& where);
  void parse_histogram(const nlohmann::ordered_json& value, const std::string& where);
  void set_histogram(std::vector<std::pair<std::uint64_t, double>> weights);

  Family family_ = Family::kConstant;
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;  ///< uniform: largest; lognormal: cut
  double first_ = 0;        ///< geometric: mean; lognormal: median
  double second_ = 0;       ///< lognormal: sigma
  std::vector<std::uint64_t> values_;
  std::vector<double> weights_;     ///< as given
  std::vector<double> cumulative_;  ///< of `weights_`, up to their sum
};

/// Standard normal by Marsaglia's polar method: logarithm and square root alone.
[[nodiscard]] double sample_normal(Rng& rng);
/// Uniform in (0, 1]: safe under a logarithm.
[[nodiscard]] double sample_positive(Rng& rng);

}  // namespace cachebench::trace

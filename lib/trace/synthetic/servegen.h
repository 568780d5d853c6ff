// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "trace/synthetic/spec.h"

/// Builds a generator spec from a folder of ServeGen's client tables (alibaba/ServeGen, Apache-2.0):
/// `chunk-N-trace.csv` (window start in s, requests a second, CV, Gamma or Weibull, shape, scale) and
/// `chunk-N-dataset.json` (histograms of text tokens, output tokens, images and their tokens for windows of
/// the day, as strings). The tables fix times and lengths; they hold no identities, so what repeats is a
/// model, and said to be one. Stateless. Errors: Error{kInput} "FILE:LINE: reason".
namespace cachebench::trace {

/// Assumptions, not measurements: how content repeats. Part of the spec, where they can be changed.
struct ReuseModel {
  std::uint64_t open_sessions = 16;  ///< of a client at a time
  double mean_turns = 3;             ///< geometric
  double resend_share = 0.8;         ///< of turns after the first that send earlier content again
  double shared_share = 0.15;        ///< of new images that come from the client's catalogue
  std::uint64_t shared_objects = 500;
  double shared_alpha = 0.9;
  double near_share = 0.05;  ///< of new images that are near-duplicates
  std::uint32_t near_max_bits = 4;
};

/// One paragraph for people.
[[nodiscard]] std::string describe(const ReuseModel& reuse);

[[nodiscard]] GeneratorSpec servegen_spec(const std::string& folder, const ReuseModel& reuse,
                                          std::uint64_t seed);

}  // namespace cachebench::trace

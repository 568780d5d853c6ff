// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/run/repeat.h"
#include "bench/run/run_experiment.h"

/// What each switch of the inference pipeline is worth: variants of one experiment, run in rounds, all of
/// them in each, so that what drifts on the machine meets all alike; each is compared with the first of its
/// own round. Wall time decides, so the figures are of this machine. Errors as those of run_experiment.
namespace cachebench::bench {

struct AblationVariant {
  std::string name;
  RunConfig config;
};

/// Every variant once, in their order, whatever the order in which they ran.
using AblationRound = std::vector<result::Pipeline>;

/// Of one variant, over the rounds.
struct AblationRow {
  std::string name;
  std::vector<double> requests_per_second;      ///< a round each
  std::vector<double> ratio;                    ///< to the first variant of the same round
  std::optional<MedianInterval> interval = {};  ///< of the ratio; with six rounds or more
  double median_ratio = 0;
  /// The ratio cannot exceed it: the first variant's time over the least that this one's busiest resource
  /// takes for the same requests. Median of the rounds; none where the runs have no roofline.
  std::optional<double> bound = {};
  std::string limit = {};                    ///< that resource
  std::optional<double> machine_bound = {};  ///< the same at the peaks of the machine
  result::Pipeline pipeline;                 ///< of the last round
  bool same_answers = true;                  ///< as the first variant's, in every round
};

struct Ablation {
  std::string name;
  std::uint32_t rounds = 0;
  std::vector<AblationRow> rows;
};

struct AblationOptions {
  std::uint32_t rounds = 7;
  /// Finished rounds are added to this file and those in it count, so that rounds may be gathered in several
  /// goes. "": none.
  std::string journal{};
  /// No round is started that would not end in this time, by the longest so far. Zero: no limit.
  Nanoseconds max_time{0};
};

/// Told before each run: round, variant.
using AblationProgress = std::function<void(std::uint32_t round, const std::string& variant)>;

/// The points of a sweep of design list whose experiments are of mode pipeline. Throws Error{kUsage} for
/// others.
[[nodiscard]] std::vector<AblationVariant> ablation_variants(const std::string& sweep_file,
                                                             const std::vector<std::string>& overrides);
/// Ends early, with whole rounds alone, when a stop is requested. Each round begins with another variant, so
/// that none always runs on what another one leaves behind. Throws Error{kUsage} for a journal of other
/// experiments, Error{kInput} for one that is broken before its last line.
[[nodiscard]] Ablation run_ablation(const std::vector<AblationVariant>& variants,
                                    const AblationOptions& options, StopToken& stop,
                                    const AblationProgress& progress);
/// What the rounds say. REQUIRES: each has as many results as there are variants.
[[nodiscard]] Ablation compare_rounds(const std::vector<AblationVariant>& variants,
                                      std::vector<AblationRound> rounds);

[[nodiscard]] nlohmann::ordered_json to_json(const Ablation& ablation);
[[nodiscard]] std::string to_markdown(const Ablation& ablation);

}  // namespace cachebench::bench

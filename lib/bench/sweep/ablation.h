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

/// Of one variant, over the rounds.
struct AblationRow {
  std::string name;
  std::vector<double> requests_per_second;      ///< a round each
  std::vector<double> ratio;                    ///< to the first variant of the same round
  std::optional<MedianInterval> interval = {};  ///< of the ratio; with six rounds or more
  double median_ratio = 0;
  result::Pipeline pipeline;  ///< of the last round
  bool same_answers = true;   ///< as the first variant's
};

struct Ablation {
  std::string name;
  std::uint32_t rounds = 0;
  std::vector<AblationRow> rows;
};

/// Told before each run: round, variant.
using AblationProgress = std::function<void(std::uint32_t round, const std::string& variant)>;

/// The points of a sweep of design list whose experiments are of mode pipeline. Throws Error{kUsage} for
/// others.
[[nodiscard]] std::vector<AblationVariant> ablation_variants(const std::string& sweep_file,
                                                             const std::vector<std::string>& overrides);
/// Ends early, with whole rounds alone, when a stop is requested.
[[nodiscard]] Ablation run_ablation(const std::vector<AblationVariant>& variants, std::uint32_t rounds,
                                    StopToken& stop, const AblationProgress& progress);

[[nodiscard]] nlohmann::ordered_json to_json(const Ablation& ablation);
[[nodiscard]] std::string to_markdown(const Ablation& ablation);

}  // namespace cachebench::bench

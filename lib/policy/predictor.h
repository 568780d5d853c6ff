// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/ids.h"
#include "policy/access_info.h"
#include "policy/tracker.h"

/// The probability that an entry is used again within the next W accesses of all entries, W the tracker's
/// window, learnt online: logistic regression, one gradient step a label. The name is the source documents';
/// a hidden layer bought nothing on these features. An access becomes an example when it happens and gets its
/// label, used again or not, W accesses later. It keeps score of itself: Brier score, and a reliability curve
/// (of those said to return with about 30 %, how many did?). It answers 0 until it has seen kMinimumLabels
/// labels, and whenever of late it does not beat the constant guess of the base rate or is off by more than
/// kMaxCalibrationError on average: then it moves nothing. A light form for eviction, which looks at few ids,
/// is prediction/light_predictor.h. Bit-equal on every machine. O(1) an access. One thread.
namespace cachebench::policy {

/// What it decides by; each is scaled to about 0 to 1.
enum class Feature : std::uint8_t {
  kBias,         ///< 1
  kFrequency,    ///< accesses in the window: 1 − 1/c
  kHistory,      ///< accesses in all: 1 − 1/n
  kGapInWindow,  ///< whether its mean gap is shorter than the window: W/(W + gap), 0 when unknown
  kRegularity,   ///< 1 − deviation/gap, not below 0; 0 when unknown
  kSmall,        ///< size: 1 MiB/(1 MiB + bytes)
  kDear,         ///< cost to compute it again: c/(c + 1 ns a byte), 0 where costs are all 1
  kDeep,         ///< place in its chain: d/(d + 16), d the blocks before it; 0 outside one
  kLateTurn,     ///< of its session: t/(t + 2), t the turns before; 0 outside one
};
inline constexpr std::size_t kFeatures = 9;
using Features = std::array<double, kFeatures>;
/// The name in reports, for example "gap_in_window".
[[nodiscard]] const char* name_of(Feature feature);

/// One tenth of the range of probabilities: what was said there, and what came of it.
struct ReliabilityBin {
  double count = 0;
  double predicted = 0;  ///< sum of the probabilities said
  double reused = 0;     ///< how many were used again
  [[nodiscard]] double mean_predicted() const { return count == 0 ? 0 : predicted / count; }
  [[nodiscard]] double share_reused() const { return count == 0 ? 0 : reused / count; }
};
inline constexpr std::size_t kReliabilityBins = 10;
using ReliabilityCurve = std::array<ReliabilityBin, kReliabilityBins>;
/// Mean distance between what was said and what came of it, over all labels; 0 the best.
[[nodiscard]] double calibration_error(const ReliabilityCurve& curve);

class SimpleMLPredictor {
 public:
  static constexpr std::uint64_t kMinimumLabels = 1'000;
  static constexpr double kMaxCalibrationError = 0.15;

  /// `tracker` outlives this.
  explicit SimpleMLPredictor(const AccessPatternTracker& tracker);

  /// REQUIRES: the tracker has seen this access already, and every access is told to both.
  void on_access(EntryId id, const AccessInfo& access);

  /// After the last access of `id`; 0 while it has not earned trust.
  [[nodiscard]] double probability(EntryId id) const;
  [[nodiscard]] bool trusted() const;
  /// The same, trusted or not; 0 for an id never seen.
  [[nodiscard]] double estimate_of(EntryId id) const {
    return index_of(id) < probability_.size() ? probability_[index_of(id)] : 0;
  }

  /// Mean squared error of the probabilities given so far, 0 the best; 0 without labels.
  [[nodiscard]] double brier_score() const;
  /// The same of always guessing the share of reuses seen so far.
  [[nodiscard]] double base_rate_score() const;
  /// Over all labels so far.
  [[nodiscard]] const ReliabilityCurve& reliability() const { return curve_; }
  /// Over about the last thousand labels.
  [[nodiscard]] double recent_calibration_error() const { return calibration_error(recent_curve_); }
  [[nodiscard]] std::uint64_t labels() const { return labels_; }
  [[nodiscard]] const Features& weights() const { return weights_; }

 private:
  struct Example {
    EntryId id = kNoEntry;
    bool reused = false;
    double probability = 0;
    Features features{};
  };

  [[nodiscard]] Features features_of(const AccessPattern& pattern, const AccessInfo& access) const;
  [[nodiscard]] double estimate(const Features& features) const;
  void learn(const Example& example);
  void score(double probability, double label);

  const AccessPatternTracker& tracker_;
  std::vector<Example> examples_;    // slot n mod W: access n, until its label is known
  std::vector<std::uint64_t> last_;  // by id: number of its newest example, 0 = none
  std::vector<double> probability_;  // by id: estimate at its last access
  Features weights_{};
  std::uint64_t seen_ = 0;
  std::uint64_t labels_ = 0;
  double squared_error_ = 0;  // sums over all labels
  double base_error_ = 0;
  double recent_error_ = 0;  // running means over about the last thousand labels
  double recent_base_ = 0;
  double base_rate_ = 0.5;
  ReliabilityCurve curve_{};
  ReliabilityCurve recent_curve_{};
};

}  // namespace cachebench::policy

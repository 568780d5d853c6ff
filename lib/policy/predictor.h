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
/// label, used again or not, W accesses later. It keeps score of itself (Brier) and answers 0 until it has
/// seen kMinimumLabels labels and unless it lately beats the constant guess of the base rate: then it moves
/// nothing. Bit-equal on every machine. O(1) an access. One thread.
namespace cachebench::policy {

/// What it decides by; each is scaled to about 0 to 1.
enum class Feature : std::uint8_t {
  kBias,         ///< 1
  kFrequency,    ///< accesses in the window: 1 − 1/c
  kHistory,      ///< accesses in all: 1 − 1/n
  kGapInWindow,  ///< whether its mean gap is shorter than the window: W/(W + gap), 0 when unknown
  kRegularity,   ///< 1 − deviation/gap, not below 0; 0 when unknown
  kSmall,        ///< size: 1 MiB/(1 MiB + bytes)
};
inline constexpr std::size_t kFeatures = 6;
using Features = std::array<double, kFeatures>;

class SimpleMLPredictor {
 public:
  static constexpr std::uint64_t kMinimumLabels = 1'000;

  /// `tracker` outlives this.
  explicit SimpleMLPredictor(const AccessPatternTracker& tracker);

  /// REQUIRES: the tracker has seen this access already, and every access is told to both.
  void on_access(EntryId id, const AccessInfo& access);

  /// After the last access of `id`; 0 while it has not earned trust.
  [[nodiscard]] double probability(EntryId id) const;
  [[nodiscard]] bool trusted() const;

  /// Mean squared error of the probabilities given so far, 0 the best; 0 without labels.
  [[nodiscard]] double brier_score() const;
  /// The same of always guessing the share of reuses seen so far.
  [[nodiscard]] double base_rate_score() const;
  [[nodiscard]] std::uint64_t labels() const { return labels_; }
  [[nodiscard]] const Features& weights() const { return weights_; }

 private:
  struct Example {
    EntryId id = kNoEntry;
    bool reused = false;
    double probability = 0;
    Features features{};
  };

  [[nodiscard]] Features features_of(const AccessPattern& pattern, Bytes bytes) const;
  [[nodiscard]] double estimate(const Features& features) const;
  void learn(const Example& example);

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
};

}  // namespace cachebench::policy

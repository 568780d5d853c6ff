// SPDX-License-Identifier: Apache-2.0
#include "policy/predictor.h"

#include <algorithm>

#include "core/det_math.h"

namespace cachebench::policy {
namespace {

constexpr double kLearningRate = 0.05;
constexpr double kRecent = 0.001;         // weight of the newest label in running means
constexpr std::uint64_t kFadeEvery = 64;  // labels; what the recent curve keeps over them:
constexpr double kFade = 1 - kRecent * static_cast<double>(kFadeEvery);

double logistic(double x) {
  return 1.0 / (1.0 + det::exp(-x));
}

}  // namespace

const char* name_of(Feature feature) {
  static constexpr std::array<const char*, kFeatures> kNames{
      "bias", "frequency", "history", "gap_in_window", "regularity", "small", "dear", "deep", "late_turn"};
  return kNames[static_cast<std::size_t>(feature)];
}

double calibration_error(const ReliabilityCurve& curve) {
  double off = 0;
  double count = 0;
  for (const ReliabilityBin& bin : curve) {
    off += std::max(bin.predicted - bin.reused, bin.reused - bin.predicted);
    count += bin.count;
  }
  return count == 0 ? 0 : off / count;
}

SimpleMLPredictor::SimpleMLPredictor(const AccessPatternTracker& tracker)
    : tracker_(tracker), examples_(tracker.window()) {}

Features SimpleMLPredictor::features_of(const AccessPattern& pattern, const AccessInfo& access) const {
  const auto window = static_cast<double>(tracker_.window());
  const auto mebibyte = static_cast<double>(kMiB.value);
  const auto share = [](std::uint32_t n) { return n == 0 ? 0.0 : 1.0 - 1.0 / static_cast<double>(n); };
  const bool has_gap = pattern.mean_gap > 0;
  Features f{};
  f[static_cast<std::size_t>(Feature::kBias)] = 1;
  f[static_cast<std::size_t>(Feature::kFrequency)] = share(pattern.in_window);
  f[static_cast<std::size_t>(Feature::kHistory)] = share(pattern.accesses);
  f[static_cast<std::size_t>(Feature::kGapInWindow)] = has_gap ? window / (window + pattern.mean_gap) : 0;
  f[static_cast<std::size_t>(Feature::kRegularity)] =
      has_gap && pattern.accesses > 2 ? std::max(0.0, 1.0 - pattern.gap_deviation / pattern.mean_gap) : 0;
  const auto bytes = static_cast<double>(access.bytes.value);
  f[static_cast<std::size_t>(Feature::kSmall)] = mebibyte / (mebibyte + bytes);
  const auto cost = static_cast<double>(std::max<std::int64_t>(0, access.cost.count() - 1));
  f[static_cast<std::size_t>(Feature::kDear)] = cost == 0 ? 0 : cost / (cost + bytes);
  f[static_cast<std::size_t>(Feature::kDeep)] = static_cast<double>(access.depth) / (access.depth + 16.0);
  f[static_cast<std::size_t>(Feature::kLateTurn)] =
      static_cast<double>(access.request.turn) / (access.request.turn + 2.0);
  return f;
}

double SimpleMLPredictor::estimate(const Features& features) const {
  double sum = 0;
  for (std::size_t i = 0; i < kFeatures; ++i) sum += weights_[i] * features[i];
  return logistic(sum);
}

void SimpleMLPredictor::score(double probability, double label) {
  const auto at = static_cast<std::size_t>(probability * static_cast<double>(kReliabilityBins));
  const std::size_t bin = std::min(at, kReliabilityBins - 1);
  if (labels_ % kFadeEvery == 0) {
    for (ReliabilityBin& faded : recent_curve_) {
      faded.count *= kFade;
      faded.predicted *= kFade;
      faded.reused *= kFade;
    }
  }
  for (ReliabilityCurve* curve : {&curve_, &recent_curve_}) {
    (*curve)[bin].count += 1;
    (*curve)[bin].predicted += probability;
    (*curve)[bin].reused += label;
  }
}

void SimpleMLPredictor::learn(const Example& example) {
  const double label = example.reused ? 1 : 0;
  // Scored on what was said at the time; corrected on what would be said now.
  score(example.probability, label);
  const double error = (example.probability - label) * (example.probability - label);
  const double base = (base_rate_ - label) * (base_rate_ - label);
  ++labels_;
  squared_error_ += error;
  base_error_ += base;
  recent_error_ += kRecent * (error - recent_error_);
  recent_base_ += kRecent * (base - recent_base_);
  base_rate_ += (label - base_rate_) * std::max(kRecent, 1.0 / static_cast<double>(labels_ + 1));
  const double gradient = kLearningRate * (label - estimate(example.features));
  for (std::size_t i = 0; i < kFeatures; ++i) weights_[i] += gradient * example.features[i];
}

void SimpleMLPredictor::on_access(EntryId id, const AccessInfo& access) {
  const std::size_t index = index_of(id);
  if (index >= last_.size()) [[unlikely]] {
    last_.resize(std::max(index + 1, 2 * last_.size()));
    probability_.resize(last_.size());
  }
  ++seen_;
  // Exactly W accesses back is still within the window: the flag is set before the label is taken.
  if (last_[index] != 0 && seen_ - last_[index] <= examples_.size()) {
    examples_[last_[index] % examples_.size()].reused = true;
  }
  Example& slot = examples_[seen_ % examples_.size()];
  if (slot.id != kNoEntry) learn(slot);
  const Features features = features_of(tracker_.pattern(id), access);
  slot = {.id = id, .reused = false, .probability = estimate(features), .features = features};
  last_[index] = seen_;
  probability_[index] = slot.probability;
}

bool SimpleMLPredictor::trusted() const {
  return labels_ >= kMinimumLabels && recent_error_ < recent_base_ &&
         recent_calibration_error() <= kMaxCalibrationError;
}

double SimpleMLPredictor::probability(EntryId id) const {
  return trusted() ? estimate_of(id) : 0;
}

double SimpleMLPredictor::brier_score() const {
  return labels_ == 0 ? 0 : squared_error_ / static_cast<double>(labels_);
}

double SimpleMLPredictor::base_rate_score() const {
  return labels_ == 0 ? 0 : base_error_ / static_cast<double>(labels_);
}

}  // namespace cachebench::policy

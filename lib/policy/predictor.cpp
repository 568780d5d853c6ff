// SPDX-License-Identifier: Apache-2.0
#include "policy/predictor.h"

#include <algorithm>

#include "core/det_math.h"

namespace cachebench::policy {
namespace {

constexpr double kLearningRate = 0.05;
constexpr double kRecent = 0.001;  // weight of the newest label in running means

double logistic(double x) {
  return 1.0 / (1.0 + det::exp(-x));
}

}  // namespace

SimpleMLPredictor::SimpleMLPredictor(const AccessPatternTracker& tracker)
    : tracker_(tracker), examples_(tracker.window()) {}

Features SimpleMLPredictor::features_of(const AccessPattern& pattern, Bytes bytes) const {
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
  f[static_cast<std::size_t>(Feature::kSmall)] = mebibyte / (mebibyte + static_cast<double>(bytes.value));
  return f;
}

double SimpleMLPredictor::estimate(const Features& features) const {
  double sum = 0;
  for (std::size_t i = 0; i < kFeatures; ++i) sum += weights_[i] * features[i];
  return logistic(sum);
}

void SimpleMLPredictor::learn(const Example& example) {
  const double label = example.reused ? 1 : 0;
  // Scored on what was said at the time; corrected on what would be said now.
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
  const Features features = features_of(tracker_.pattern(id), access.bytes);
  slot = {.id = id, .reused = false, .probability = estimate(features), .features = features};
  last_[index] = seen_;
  probability_[index] = slot.probability;
}

bool SimpleMLPredictor::trusted() const {
  return labels_ >= kMinimumLabels && recent_error_ < recent_base_;
}

double SimpleMLPredictor::probability(EntryId id) const {
  if (!trusted() || index_of(id) >= probability_.size()) return 0;
  return probability_[index_of(id)];
}

double SimpleMLPredictor::brier_score() const {
  return labels_ == 0 ? 0 : squared_error_ / static_cast<double>(labels_);
}

double SimpleMLPredictor::base_rate_score() const {
  return labels_ == 0 ? 0 : base_error_ / static_cast<double>(labels_);
}

}  // namespace cachebench::policy

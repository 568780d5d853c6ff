// SPDX-License-Identifier: Apache-2.0
#include "policy/prediction/light_predictor.h"

#include <algorithm>
#include <bit>

namespace cachebench::policy {
namespace {

constexpr double kNewest = 0.02;           // least weight of the newest probability in a cell
constexpr std::uint64_t kJudgeEvery = 16;  // labels
constexpr double kCellLabels = 4;          // answers of all classes that a cell starts from
constexpr double kPastWindow = 0.05;       // what is left of a chance once the window is over

}  // namespace

LightPredictor::LightPredictor(const Options& options)
    : salt_(splitmix64(options.seed) | 1),
      mask_((std::uint64_t{1} << options.shift) - 1),
      window_(static_cast<double>(std::max<std::size_t>(1, options.window))),
      tracker_(std::max<std::size_t>(16, options.window >> options.shift)),
      predictor_(tracker_) {}

std::uint32_t LightPredictor::group_of(ArtefactKind kind, Bytes bytes) {
  const auto octaves = static_cast<std::uint32_t>(std::bit_width(bytes.value));
  return static_cast<std::uint32_t>(kind) * 8 + std::min(7U, octaves / 5);
}

std::uint32_t LightPredictor::class_of(std::uint32_t group, std::uint32_t uses) {
  const auto doublings = static_cast<std::uint32_t>(std::bit_width(std::max(1U, uses) - 1));
  return group * 8 + std::min(7U, doublings);
}

void LightPredictor::learn(EntryId id, const AccessInfo& access, std::uint32_t klass) {
  tracker_.on_access(id, access);
  predictor_.on_access(id, access);
  const double said = predictor_.estimate_of(id);
  for (Cell* cell : {&table_[klass], &all_}) {
    cell->count += 1;
    cell->mean += (said - cell->mean) * std::max(kNewest, 1 / cell->count);
  }
  if (predictor_.labels() % kJudgeEvery == 0) trusted_ = predictor_.trusted();
}

double LightPredictor::chance(std::uint32_t klass, std::uint64_t idle) const {
  const Cell& cell = table_[klass];
  const double known = std::min(cell.count, 1 / kNewest);
  const double fresh = (cell.mean * known + all_.mean * kCellLabels) / (known + kCellLabels);
  const double over = static_cast<double>(idle) / window_;
  if (over >= 1) return fresh * kPastWindow / over;
  // Of those that return, a share `over` would have by now.
  const double left = std::max(kPastWindow, 1 - over);
  return fresh * left / (1 - fresh * (1 - left));
}

void LightPredictor::report_facts(std::map<std::string, double>& facts) const {
  facts["predictor_labels"] = static_cast<double>(predictor_.labels());
  facts["predictor_brier"] = predictor_.brier_score();
  facts["predictor_brier_of_base_rate"] = predictor_.base_rate_score();
  facts["predictor_calibration_error"] = calibration_error(predictor_.reliability());
  facts["predictor_trusted"] = trusted_ ? 1 : 0;
}

}  // namespace cachebench::policy

// SPDX-License-Identifier: Apache-2.0
#include "policy/prediction/light_predictor.h"

#include <algorithm>
#include <bit>

namespace cachebench::policy {
namespace {

constexpr double kNewest = 0.02;      // least weight of the newest probability in a cell
constexpr double kCellLabels = 4;     // answers of all classes that a cell starts from
constexpr double kPastWindow = 0.05;  // what is left of a chance once the window is over

}  // namespace

LightPredictor::LightPredictor(const Options& options)
    : salt_(splitmix64(options.seed)),
      mask_((std::uint64_t{1} << options.shift) - 1),
      window_(static_cast<double>(std::max<std::size_t>(1, options.window))),
      tracker_(std::max<std::size_t>(16, options.window >> options.shift)),
      predictor_(tracker_) {}

std::uint32_t LightPredictor::class_of(const AccessInfo& access, std::uint32_t uses) {
  const std::uint32_t band = uses <= 2 ? (uses == 2 ? 1 : 0) : (uses <= 4 ? 2 : 3);
  const auto octaves = static_cast<std::uint32_t>(std::bit_width(access.bytes.value));
  const std::uint32_t size = std::min(7U, octaves / 5);
  return (static_cast<std::uint32_t>(access.kind) * 4 + band) * 8 + size;
}

void LightPredictor::learn(EntryId id, const AccessInfo& access, std::uint32_t klass) {
  tracker_.on_access(id, access);
  predictor_.on_access(id, access);
  const double said = predictor_.estimate_of(id);
  for (Cell* cell : {&table_[klass], &all_}) {
    cell->count += 1;
    cell->mean += (said - cell->mean) * std::max(kNewest, 1 / cell->count);
  }
  trusted_ = predictor_.trusted();
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

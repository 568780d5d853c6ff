// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/size_controller.h"

#include <algorithm>
#include <string>

#include "core/error.h"

namespace cachebench::cache {
namespace {

void require(bool sense, const char* what) {
  if (!sense) throw Error(ErrorKind::kUsage, std::string("dynamic size: ") + what);
}

}  // namespace

SizeController::SizeController(const SizeRules& rules) : rules_(rules), share_(rules.max_share) {
  require(rules.min_share > 0 && rules.min_share <= rules.max_share && rules.max_share <= 1,
          "the bounds must satisfy 0 < min <= max <= 1");
  require(rules.shrink_step > 0 && rules.shrink_step <= 1 && rules.grow_step > 0 && rules.grow_step <= 1,
          "a step is above 0 and at most 1");
  require(rules.grow_waiting >= 0 && rules.grow_waiting <= rules.shrink_waiting && rules.shrink_waiting <= 1,
          "the marks of waiting must satisfy 0 <= grow <= shrink <= 1");
  require(rules.shrink_available >= 0 && rules.shrink_available <= rules.grow_available &&
              rules.grow_available <= 1,
          "the marks of memory available must satisfy 0 <= shrink <= grow <= 1");
}

SizeController::Verdict SizeController::judge(const MemoryPressure& pressure) const {
  const std::optional<double> available = pressure.available_share();
  if (pressure.waiting && *pressure.waiting >= rules_.shrink_waiting) return Verdict::kShrink;
  if (available && *available <= rules_.shrink_available) return Verdict::kShrink;
  if (!pressure.waiting && !available) return Verdict::kStay;
  if (pressure.waiting && *pressure.waiting > rules_.grow_waiting) return Verdict::kStay;
  if (available && *available < rules_.grow_available) return Verdict::kStay;
  return Verdict::kGrow;
}

double SizeController::update(const MemoryPressure& pressure) {
  switch (judge(pressure)) {
    case Verdict::kShrink:
      share_ = std::max(rules_.min_share, share_ - rules_.shrink_step);
      break;
    case Verdict::kGrow:
      share_ = std::min(rules_.max_share, share_ + rules_.grow_step);
      break;
    case Verdict::kStay:
      break;
  }
  return share_;
}

}  // namespace cachebench::cache

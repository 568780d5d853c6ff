// SPDX-License-Identifier: Apache-2.0
#include "result/tier_check.h"

namespace cachebench::result {
namespace {

std::optional<double> error_of(std::int64_t measured, std::int64_t predicted) {
  if (predicted <= 0) return std::nullopt;
  return static_cast<double>(measured) / static_cast<double>(predicted) - 1;
}

}  // namespace

std::optional<double> TierCheck::total_error() const {
  return error_of(measured_ns, predicted_ns);
}

std::optional<double> TierCheck::p50_error() const {
  return error_of(measured_p50_ns, predicted_p50_ns);
}

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#include "result/tier_check_json.h"

#include <nlohmann/json.hpp>

#include "result/totals_json.h"

namespace cachebench::result {

nlohmann::ordered_json tier_checks_to_json(const std::vector<TierCheck>& checks) {
  auto list = nlohmann::ordered_json::array();
  for (const TierCheck& check : checks) {
    list.push_back({{"tier", check.tier},
                    {"count", check.count},
                    {"predicted_total_ns", check.predicted_ns},
                    {"measured_total_ns", check.measured_ns},
                    {"total_error_ratio", number_or_null(check.total_error())},
                    {"predicted_p50_ns", check.predicted_p50_ns},
                    {"measured_p50_ns", check.measured_p50_ns},
                    {"p50_error_ratio", number_or_null(check.p50_error())},
                    {"left_out", check.left_out}});
  }
  return list;
}

std::vector<TierCheck> tier_checks_from_json(const JsonReader& reader) {
  std::vector<TierCheck> checks;
  if (!reader.has("model_check_tiers")) return checks;
  reader.each("model_check_tiers", [&](const JsonReader& item) {
    checks.push_back({.tier = item.text("tier"),
                      .count = item.count("count"),
                      .predicted_ns = item.integer("predicted_total_ns"),
                      .measured_ns = item.integer("measured_total_ns"),
                      .predicted_p50_ns = item.integer("predicted_p50_ns"),
                      .measured_p50_ns = item.integer("measured_p50_ns"),
                      .left_out = item.text("left_out")});
  });
  return checks;
}

}  // namespace cachebench::result

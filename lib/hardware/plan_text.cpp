// SPDX-License-Identifier: Apache-2.0
#include "hardware/plan_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace cachebench::hardware {
namespace {

std::string value_text(const PlanItem& item) {
  const auto* number = std::get_if<std::uint64_t>(&item.value);
  if (number == nullptr) return std::get<std::string>(item.value);
  if (item.unit == "bytes") return format_bytes(Bytes{*number});
  if (item.unit == "bytes/s") return fmt::format("{:.2f} GB/s", static_cast<double>(*number) / 1e9);
  if (item.unit == "ns") return format_duration(Nanoseconds{static_cast<std::int64_t>(*number)});
  return fmt::format("{}", *number);
}

}  // namespace

std::string plan_text(const HardwarePlan& plan) {
  std::string text;
  for (const PlanItem& item : plan.items) {
    text += fmt::format("{:<22} {:<10} {}\n", item.name, value_text(item), item.reason);
  }
  return text;
}

nlohmann::ordered_json plan_json(const HardwarePlan& plan) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const PlanItem& item : plan.items) {
    nlohmann::ordered_json row{{"name", item.name}};
    std::visit([&](const auto& value) { row["value"] = value; }, item.value);
    row["unit"] = item.unit.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(item.unit);
    row["reason"] = item.reason;
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace cachebench::hardware

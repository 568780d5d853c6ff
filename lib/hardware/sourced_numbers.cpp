// SPDX-License-Identifier: Apache-2.0
#include "hardware/sourced_numbers.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace cachebench::hardware {

std::map<std::string, double> read_sourced_numbers(const std::string& path,
                                                   const nlohmann::ordered_json& document,
                                                   const SourcedNumbers& what) {
  std::map<std::string, double> numbers;
  const auto found = document.find(what.key);
  if (found == document.end()) return numbers;
  const auto refuse = [&](const std::string& reason) {
    throw Error(ErrorKind::kUsage, fmt::format("{}: '{}' {}", path, what.key, reason));
  };
  if (!found->is_object()) refuse("must be an object");
  for (const auto& [name, item] : found->items()) {
    if (!what.is_name(name)) refuse(fmt::format("has '{}': {}", name, what.names));
    const bool whole = item.is_object() && item.size() == 2 && item.contains("value") &&
                       item["value"].is_number() && item.contains("source") && item["source"].is_string();
    const double value = whole ? item["value"].template get<double>() : std::nan("");
    if (!what.is_value(value) || item["source"].template get<std::string>().empty())
      refuse(
          fmt::format("has a bad '{}': it must be {{\"value\": {}, \"source\": text}}", name, what.values));
    numbers[name] = value;
  }
  return numbers;
}

}  // namespace cachebench::hardware

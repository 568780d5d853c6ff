// SPDX-License-Identifier: Apache-2.0
// The gate file, read. Every complaint names the file and the key.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/nearest.h"
#include "result/gate.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> kTopKeys{"$schema", "name", "description", "metrics"};
const std::vector<std::string> kRuleKeys{"path", "sort", "direction", "tolerance_ratio", "tolerance_absolute",
                                         "min",  "max",  "why"};

/// One object of the file, and how its place is called.
class Place {
 public:
  Place(const Json& node, std::string file, std::string at)
      : node_(node), file_(std::move(file)), at_(std::move(at)) {}

  [[noreturn]] void complain(const std::string& reason) const {
    throw Error(ErrorKind::kUsage, fmt::format("{}: {}{}", file_, at_.empty() ? "" : at_ + ": ", reason));
  }
  void allow(const std::vector<std::string>& keys) const {
    if (!node_.is_object()) complain("is not an object");
    for (const auto& item : node_.items()) {
      if (std::find(keys.begin(), keys.end(), item.key()) == keys.end()) {
        complain(unknown_name("key", item.key(), keys));
      }
    }
  }
  [[nodiscard]] std::string text(const char* key) const {
    if (!node_.contains(key)) complain(fmt::format("key '{}' is missing", key));
    if (!node_[key].is_string()) complain(fmt::format("key '{}' is not a string", key));
    return node_[key].get<std::string>();
  }
  [[nodiscard]] std::optional<double> number(const char* key) const {
    if (!node_.contains(key)) return std::nullopt;
    if (!node_[key].is_number()) complain(fmt::format("key '{}' is not a number", key));
    return node_[key].get<double>();
  }
  [[nodiscard]] double tolerance(const char* key) const {
    const double value = number(key).value_or(0);
    if (value < 0) complain(fmt::format("key '{}' is negative", key));
    return value;
  }
  template <typename Enum, std::size_t N>
  [[nodiscard]] Enum one_of(const char* key, const std::array<Enum, N>& values) const {
    const std::string word = text(key);
    std::vector<std::string> names;
    for (const Enum value : values) {
      if (word == name_of(value)) return value;
      names.emplace_back(name_of(value));
    }
    complain(unknown_name(key, word, names));
  }

 private:
  const Json& node_;
  std::string file_;
  std::string at_;
};

GateRule rule_from(const Place& place) {
  place.allow(kRuleKeys);
  GateRule rule;
  rule.path = place.text("path");
  if (rule.path.empty()) place.complain("key 'path' is empty");
  rule.sort = place.one_of("sort", std::array{MetricSort::kDeterministic, MetricSort::kMeasured});
  rule.direction =
      place.one_of("direction", std::array{Direction::kLower, Direction::kHigher, Direction::kEqual});
  rule.tolerance_ratio = place.tolerance("tolerance_ratio");
  rule.tolerance_absolute = place.tolerance("tolerance_absolute");
  rule.min = place.number("min");
  rule.max = place.number("max");
  if (rule.min && rule.max && *rule.min > *rule.max) place.complain("'min' is above 'max'");
  return rule;
}

}  // namespace

GateSpec gate_from_json(const Json& document, const std::string& file) {
  const Place top(document, file, "");
  top.allow(kTopKeys);
  if (!document.contains("metrics") || !document["metrics"].is_array() || document["metrics"].empty()) {
    top.complain("'metrics' must be a list of at least one metric to hold");
  }
  GateSpec spec{.file = file, .metrics = {}};
  const Json& metrics = document["metrics"];
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    spec.metrics.push_back(rule_from(Place(metrics[i], file, fmt::format("metrics[{}]", i))));
  }
  return spec;
}

}  // namespace cachebench::result

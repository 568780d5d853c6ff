// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Numeric parameters of a variant: declared once with default and range, set from a config or from
/// `name:key=value` on the command line.
namespace cachebench {

struct ParameterSpec {
  std::string name;
  double default_value;
  double min;
  double max;
  std::string doc;  ///< one line with the unit
};

/// Values by name; every declared parameter has one.
class Parameters {
 public:
  /// All defaults.
  explicit Parameters(const std::vector<ParameterSpec>& specs);
  /// Throws Error{kUsage} for an unknown name (the nearest is named) or a value out of range or not finite.
  void set(std::string_view name, double value);
  /// REQUIRES: declared.
  [[nodiscard]] double get(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, double, std::less<>>& values() const { return values_; }

 private:
  std::vector<ParameterSpec> specs_;
  std::map<std::string, double, std::less<>> values_;
};

/// `lru`, `s3fifo:small_ratio=0.1:ghost_ratio=0.9` taken apart; values unchecked until Parameters::set.
struct NamedParameters {
  std::string name;
  std::map<std::string, double, std::less<>> values;
  bool operator==(const NamedParameters&) const = default;
};
/// Throws Error{kUsage} on a malformed parameter.
[[nodiscard]] NamedParameters parse_named_parameters(std::string_view text);

}  // namespace cachebench

// SPDX-License-Identifier: Apache-2.0
#include "hardware/time_skews.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "hardware/sourced_numbers.h"

namespace cachebench::hardware {
namespace {

constexpr double kMostSkew = 1e6;
constexpr std::array<std::string_view, 3> kSkewed{"lookup", "h2d", "ssd_read"};

bool is_figure(const std::string& name) {
  const std::string_view figure = std::string_view(name).substr(0, name.find('.'));
  return std::find(kSkewed.begin(), kSkewed.end(), figure) != kSkewed.end();
}

}  // namespace

TimeSkews time_skews_of(const std::string& path, const nlohmann::ordered_json& document) {
  return read_sourced_numbers(
      path, document,
      {.key = kTimeSkews,
       .is_name = is_figure,
       .names = "a name is \"lookup\", \"h2d\" or \"ssd_read\", or one with a variant after a dot",
       .is_value = [](double value) { return value > 0 && value <= kMostSkew; },  // false for NaN
       .values = "number above 0"});
}

std::optional<double> skew_of(const TimeSkews& skews, const std::string& figure,
                              std::span<const std::string> variants) {
  std::optional<double> skew;
  const auto take = [&](const std::string& name) {
    if (const auto found = skews.find(name); found != skews.end()) skew = found->second;
  };
  take(figure);
  for (const std::string& variant : variants) take(figure + "." + variant);
  return skew;
}

}  // namespace cachebench::hardware

// SPDX-License-Identifier: Apache-2.0
#include "hardware/time_ratios.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "hardware/sourced_numbers.h"

namespace cachebench::hardware {
namespace {

constexpr double kMostRatio = 1e6;
constexpr std::array<std::string_view, 3> kSpreadFigures{"lookup", "h2d", "ssd_read"};

bool is_figure(const std::string& name) {
  const std::string_view figure = std::string_view(name).substr(0, name.find('.'));
  return std::find(kSpreadFigures.begin(), kSpreadFigures.end(), figure) != kSpreadFigures.end();
}

TimeRatios ratios_of(const std::string& path, const nlohmann::ordered_json& document, const char* key,
                     double least) {
  return read_sourced_numbers(
      path, document,
      {.key = key,
       .is_name = is_figure,
       .names = "a name is \"lookup\", \"h2d\" or \"ssd_read\", or one with a variant after a dot",
       .is_value = [least](double value) { return value > 0 && value >= least && value <= kMostRatio; },
       .values = least > 0 ? "number from 1" : "number above 0"});
}

}  // namespace

TimeRatios time_skews_of(const std::string& path, const nlohmann::ordered_json& document) {
  return ratios_of(path, document, kTimeSkews, 0);
}

TimeRatios time_spreads_of(const std::string& path, const nlohmann::ordered_json& document) {
  return ratios_of(path, document, kTimeSpreads, 1);
}

std::optional<double> ratio_of(const TimeRatios& ratios, const std::string& figure,
                               std::span<const std::string> variants) {
  std::optional<double> ratio;
  const auto take = [&](const std::string& name) {
    if (const auto found = ratios.find(name); found != ratios.end()) ratio = found->second;
  };
  take(figure);
  for (const std::string& variant : variants) take(figure + "." + variant);
  return ratio;
}

}  // namespace cachebench::hardware

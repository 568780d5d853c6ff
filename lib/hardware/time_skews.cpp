// SPDX-License-Identifier: Apache-2.0
#include "hardware/time_skews.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/error.h"
#include "core/json_file.h"
#include "hardware/profile_file.h"

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
  TimeSkews skews;
  const auto found = document.find(kTimeSkews);
  if (found == document.end()) return skews;
  const auto refuse = [&](const std::string& reason) {
    throw Error(ErrorKind::kUsage, fmt::format("{}: '{}' {}", path, kTimeSkews, reason));
  };
  if (!found->is_object()) refuse("must be an object");
  for (const auto& [name, item] : found->items()) {
    if (!is_figure(name))
      refuse(fmt::format(
          "has '{}': a name is \"lookup\", \"h2d\" or \"ssd_read\", or one with a variant after a dot",
          name));
    const bool whole = item.is_object() && item.size() == 2 && item.contains("value") &&
                       item["value"].is_number() && item.contains("source") && item["source"].is_string();
    const double value = whole ? item["value"].template get<double>() : std::nan("");
    if (!(value > 0 && value <= kMostSkew) || item["source"].template get<std::string>().empty())
      refuse(fmt::format("has a bad '{}': it must be {{\"value\": number above 0, \"source\": text}}", name));
    skews[name] = value;
  }
  return skews;
}

TimeSkews find_time_skews(const std::string& name_or_path) {
  const std::string path = profile_file(name_or_path);
  return time_skews_of(path, read_json_file(path, ErrorKind::kUsage));
}

double skew_of(const TimeSkews& skews, const std::string& figure, std::span<const std::string> variants) {
  double skew = 1;
  const auto take = [&](const std::string& name) {
    if (const auto found = skews.find(name); found != skews.end()) skew = found->second;
  };
  take(figure);
  for (const std::string& variant : variants) take(figure + "." + variant);
  return skew;
}

}  // namespace cachebench::hardware

// SPDX-License-Identifier: Apache-2.0
#include "hardware/policy_extras.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_file.h"
#include "hardware/profile_file.h"

namespace cachebench::hardware {
namespace {

constexpr double kMostExtra = 1e12;
constexpr char kLookup[] = "lookup.";
constexpr char kSsdRead[] = "ssd_read.";

void add(const PolicyExtras& extras, const std::string& name, Nanoseconds& to) {
  if (const auto found = extras.find(name); found != extras.end())
    to = std::max(to + found->second, Nanoseconds{0});
}

}  // namespace

PolicyExtras policy_extras_of(const std::string& path, const nlohmann::ordered_json& document) {
  PolicyExtras extras;
  const auto found = document.find(kPolicyExtras);
  if (found == document.end()) return extras;
  const auto refuse = [&](const std::string& reason) {
    throw Error(ErrorKind::kUsage, fmt::format("{}: '{}' {}", path, kPolicyExtras, reason));
  };
  if (!found->is_object()) refuse("must be an object");
  for (const auto& [name, item] : found->items()) {
    if (!name.starts_with(kLookup) && !name.starts_with(kSsdRead))
      refuse(fmt::format("has '{}': a name is \"lookup.\" or \"ssd_read.\" and a variant", name));
    const bool whole = item.is_object() && item.size() == 2 && item.contains("value") &&
                       item["value"].is_number() && item.contains("source") && item["source"].is_string();
    const double value = whole ? item["value"].template get<double>() : std::nan("");
    if (!(std::abs(value) <= kMostExtra) || std::floor(value) != value ||
        item["source"].template get<std::string>().empty())
      refuse(fmt::format("has a bad '{}': it must be {{\"value\": whole number, \"source\": text}}", name));
    extras[name] = Nanoseconds{static_cast<std::int64_t>(value)};
  }
  return extras;
}

PolicyExtras find_policy_extras(const std::string& name_or_path) {
  const std::string path = profile_file(name_or_path);
  return policy_extras_of(path, read_json_file(path, ErrorKind::kUsage));
}

void add_extras(const PolicyExtras& extras, std::span<const std::string> variants, Profile& profile) {
  for (const std::string& variant : variants) {
    add(extras, kLookup + variant, profile.lookup);
    add(extras, kSsdRead + variant, profile.ssd_read.latency);
  }
}

}  // namespace cachebench::hardware

// SPDX-License-Identifier: Apache-2.0
#include "hardware/policy_extras.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "hardware/sourced_numbers.h"

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

std::string lookup_extra(const std::string& kind) {
  return kLookup + kind;
}

Nanoseconds extra_of(const Profile& profile, const std::string& name, std::span<const std::string> variants) {
  const auto known = [&](const std::string& which) {
    const auto found = profile.policy_extras.find(which);
    return found != profile.policy_extras.end() ? found->second : Nanoseconds{0};
  };
  Nanoseconds sum = known(name);
  for (const std::string& variant : variants) sum += known(name + "." + variant);
  return sum;
}

PolicyExtras policy_extras_of(const std::string& path, const nlohmann::ordered_json& document) {
  const auto is_name = [](const std::string& name) {
    return name.starts_with(kLookup) || name.starts_with(kSsdRead);
  };
  const auto is_value = [](double value) {
    return std::abs(value) <= kMostExtra && std::floor(value) == value;  // false for NaN
  };
  PolicyExtras extras;
  for (const auto& [name, value] :
       read_sourced_numbers(path, document,
                            {.key = kPolicyExtras,
                            .is_name = is_name,
                            .names = "a name is \"lookup.\" or \"ssd_read.\" and a variant",
                            .is_value = is_value,
                            .values = "whole number"}))
    extras[name] = Nanoseconds{static_cast<std::int64_t>(value)};
  return extras;
}

void add_extras(std::span<const std::string> variants, Profile& profile) {
  for (const std::string& variant : variants) {
    add(profile.policy_extras, kLookup + variant, profile.lookup);
    add(profile.policy_extras, kSsdRead + variant, profile.ssd_read.latency);
  }
}

}  // namespace cachebench::hardware

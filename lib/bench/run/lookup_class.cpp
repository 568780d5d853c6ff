// SPDX-License-Identifier: Apache-2.0
#include "bench/run/lookup_class.h"

#include "hardware/policy_extras.h"

namespace cachebench::bench {
namespace {

constexpr std::array<const char*, kLookupClasses> kLookupNames{"usual",    "first",     "early",
                                                               "repeated", "promoting", "similar"};

// By class, kUsual never.
std::array<bool, kLookupClasses> classes_of(const LookupTraits& traits) {
  const bool is_moved = traits.is_promoting || traits.is_similar;
  const bool is_repeated = traits.is_repeated && !is_moved && !traits.is_first && !traits.is_early;
  return {false, traits.is_first, traits.is_early, is_repeated, traits.is_promoting, traits.is_similar};
}

}  // namespace

const char* name_of(LookupClass one) {
  return kLookupNames[static_cast<std::size_t>(one)];
}

std::optional<LookupClass> LookupTraits::only() const {
  LookupClass found = LookupClass::kUsual;
  const auto classes = classes_of(*this);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (!classes[i]) continue;
    if (found != LookupClass::kUsual) return std::nullopt;
    found = static_cast<LookupClass>(i);
  }
  return found;
}

LookupExtras::LookupExtras(const hardware::Profile& profile, std::span<const std::string> variants) {
  for (std::size_t i = 0; i < extras_.size(); ++i)
    extras_[i] = hardware::extra_of(profile, hardware::lookup_extra(kLookupNames[i]), variants);
}

Nanoseconds LookupExtras::of(const LookupTraits& traits) const {
  Nanoseconds sum{0};
  const auto classes = classes_of(traits);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i]) sum += extras_[i];
  }
  return sum;
}

}  // namespace cachebench::bench

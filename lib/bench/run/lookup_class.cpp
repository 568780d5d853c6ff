// SPDX-License-Identifier: Apache-2.0
#include "bench/run/lookup_class.h"

namespace cachebench::bench {
namespace {

constexpr std::array<const char*, kLookupClasses> kLookupNames{"usual",    "first",     "early",
                                                               "repeated", "promoting", "similar"};

}  // namespace

const char* name_of(LookupClass one) {
  return kLookupNames[static_cast<std::size_t>(one)];
}

std::array<bool, kLookupClasses> LookupTraits::all() const {
  const bool moves = is_promoting || is_similar;
  return {false,        is_first,  is_early, is_repeated && !moves && !is_first && !is_early,
          is_promoting, is_similar};
}

LookupClass LookupTraits::last() const {
  const auto classes = all();
  std::size_t found = 0;
  for (std::size_t i = 1; i < classes.size(); ++i) {
    if (classes[i]) found = i;
  }
  return static_cast<LookupClass>(found);
}

std::optional<LookupClass> LookupTraits::only() const {
  LookupClass found = LookupClass::kUsual;
  const auto classes = all();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (!classes[i]) continue;
    if (found != LookupClass::kUsual) return std::nullopt;
    found = static_cast<LookupClass>(i);
  }
  return found;
}

}  // namespace cachebench::bench

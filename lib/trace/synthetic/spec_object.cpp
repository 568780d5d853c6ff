// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/spec_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/nearest.h"

namespace cachebench::trace {

using nlohmann::ordered_json;

SpecObject::SpecObject(const ordered_json& value, std::string where)
    : value_(value), where_(std::move(where)) {
  if (!value.is_object()) throw Error(ErrorKind::kUsage, where_ + ": is not an object");
}

std::string SpecObject::path_of(const char* key) const {
  // "FILE: " has no path yet.
  return where_.ends_with(": ") ? where_ + key : where_ + "." + key;
}

void SpecObject::fail(const char* key, const std::string& reason) const {
  throw Error(ErrorKind::kUsage, path_of(key) + ": " + reason);
}

const ordered_json* SpecObject::find(const char* key) {
  known_.emplace_back(key);
  const auto found = value_.find(key);
  return found == value_.end() ? nullptr : &*found;
}

bool SpecObject::has(const char* key) {
  return find(key) != nullptr;
}

const ordered_json& SpecObject::at(const char* key) {
  const ordered_json* found = find(key);
  if (found == nullptr) fail(key, "is missing");
  return *found;
}

double SpecObject::real(const char* key, Range range) {
  const ordered_json& value = at(key);
  if (!value.is_number()) fail(key, "is not a number");
  const auto real = value.get<double>();
  if (!(real >= range.min && real <= range.max)) {
    fail(key, fmt::format("{} is not in {} to {}", real, range.min, range.max));
  }
  return real;
}

double SpecObject::real_or(const char* key, double otherwise, Range range) {
  return has(key) ? real(key, range) : otherwise;
}

std::uint64_t SpecObject::count(const char* key, Range range) {
  const ordered_json& value = at(key);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > (1ULL << 53)) {
    if (range.max < 1e18) fail(key, "is too large");
    return value.get<std::uint64_t>();  // a seed: any 64 bits
  }
  const double real_value = real(key, range);
  if (real_value != std::floor(real_value)) fail(key, fmt::format("{} is not a whole number", real_value));
  return static_cast<std::uint64_t>(real_value);
}

std::uint64_t SpecObject::count_or(const char* key, std::uint64_t otherwise, Range range) {
  return has(key) ? count(key, range) : otherwise;
}

std::string SpecObject::text(const char* key) {
  const ordered_json& value = at(key);
  if (!value.is_string()) fail(key, "is not a string");
  return value.get<std::string>();
}

std::string SpecObject::text_or(const char* key, const std::string& otherwise) {
  return has(key) ? text(key) : otherwise;
}

void SpecObject::finish() const {
  for (const auto& [key, value] : value_.items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    throw Error(ErrorKind::kUsage,
                where_ + (where_.ends_with(": ") ? "" : ": ") + unknown_name("key", key, known_));
  }
}

}  // namespace cachebench::trace

// SPDX-License-Identifier: Apache-2.0
#include "bench/config/section_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cachebench::bench {

namespace {

using Json = nlohmann::ordered_json;

}  // namespace

SectionReader SectionReader::below(const char* key) const {
  static const Json kNothing = Json::object();
  return {json_.contains(key) ? json_.at(key) : kNothing, full(key), origin_};
}

bool SectionReader::has(const char* key) const {
  return json_.contains(key);
}
const Json& SectionReader::at(const char* key) const {
  return json_.at(key);
}
bool SectionReader::is_null(const char* key) const {
  return !has(key) || at(key).is_null();
}

// JSON writes large floating-point numbers with exponents, which sizes and durations do not have.
std::string SectionReader::text_of(const char* key) const {
  const Json& value = at(key);
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? fmt::format("{:f}", value.get<double>()) : value.dump();
}

Error SectionReader::complaint(const char* key, const Error& error) const {
  return {ErrorKind::kUsage, fmt::format("{}: {}: {}", origin_.at(key), full(key), error.what())};
}

void SectionReader::read(const char* key, bool& target) const {
  if (has(key)) target = at(key).get<bool>();
}
void SectionReader::read(const char* key, std::uint32_t& target) const {
  if (has(key)) target = at(key).get<std::uint32_t>();
}
void SectionReader::read(const char* key, std::uint64_t& target) const {
  if (has(key)) target = at(key).get<std::uint64_t>();
}
void SectionReader::read(const char* key, double& target) const {
  if (has(key)) target = at(key).get<double>();
}
void SectionReader::read(const char* key, std::string& target) const {
  if (has(key)) target = at(key).get<std::string>();
}
void SectionReader::read(const char* key, SizeSpec& target) const {
  if (has(key)) target = parsed(key, parse_size);
}
void SectionReader::read(const char* key, Bytes& target) const {
  if (has(key)) target = parsed(key, parse_bytes);
}
void SectionReader::read(const char* key, Nanoseconds& target) const {
  if (has(key)) target = parsed(key, parse_duration);
}
void SectionReader::read(const char* key, std::optional<std::uint64_t>& target) const {
  if (!is_null(key)) target = at(key).get<std::uint64_t>();
}
void SectionReader::read(const char* key, std::optional<Nanoseconds>& target) const {
  if (!is_null(key)) target = parsed(key, parse_duration);
}
void SectionReader::read(const char* key, std::optional<SizeSpec>& target) const {
  if (!is_null(key)) target = parsed(key, parse_size);
}

void SectionReader::read_variant(const char* key, NamedParameters& target,
                                 std::initializer_list<std::string_view> others) const {
  if (!has(key)) return;
  const std::string name_given = at(key).value("policy", target.name);
  target = parsed_value(key, name_given, parse_named_parameters);
  for (const auto& [name, value] : at(key).items()) {
    if (name == "policy" || std::find(others.begin(), others.end(), name) != others.end()) continue;
    if (!target.values.emplace(name, value.get<double>()).second) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("{}: {}.{} is given twice", origin_.at(name), full(key), name));
    }
  }
}

}  // namespace cachebench::bench

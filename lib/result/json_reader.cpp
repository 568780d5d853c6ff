// SPDX-License-Identifier: Apache-2.0
#include "result/json_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

bool is_exact(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= kMaxExactInteger;
  if (!value.is_number_integer()) return false;
  const auto number = value.get<std::int64_t>();
  return std::abs(number) <= static_cast<std::int64_t>(kMaxExactInteger);
}

bool is_count(const Json& value) {
  return is_exact(value) && (value.is_number_unsigned() || value.get<std::int64_t>() >= 0);
}

constexpr const char* kCountWanted = "is not a whole number from 0 to 2^53";

}  // namespace

JsonReader::JsonReader(const Json& node, std::string file) : JsonReader(node, std::move(file), "") {}

JsonReader::JsonReader(const Json& node, std::string file, std::string path)
    : node_(&node), file_(std::move(file)), path_(std::move(path)) {
  if (!node.is_object()) {
    if (path_.empty()) throw Error(ErrorKind::kInput, file_ + ": not a JSON object");
    throw Error(ErrorKind::kInput, fmt::format("{}: key '{}' is not an object", file_, path_));
  }
}

std::string JsonReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void JsonReader::complain(std::string_view key, const std::string& reason) const {
  throw Error(ErrorKind::kInput, fmt::format("{}: key '{}' {}", file_, path_of(key), reason));
}

bool JsonReader::has(std::string_view key) const {
  const auto found = node_->find(key);
  return found != node_->end() && !found->is_null();
}

const Json& JsonReader::at(std::string_view key) const {
  const auto found = node_->find(key);
  if (found == node_->end()) complain(key, "is missing");
  return *found;
}

JsonReader JsonReader::object(std::string_view key) const {
  return {at(key), file_, path_of(key)};
}

std::string JsonReader::text(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_string()) complain(key, "is not a string");
  return value.get<std::string>();
}

std::uint64_t JsonReader::count(std::string_view key) const {
  const Json& value = at(key);
  if (!is_count(value)) complain(key, kCountWanted);
  return value.get<std::uint64_t>();
}

std::int64_t JsonReader::integer(std::string_view key) const {
  const Json& value = at(key);
  if (!is_exact(value)) complain(key, "is not a whole number within 2^53");
  return value.get<std::int64_t>();
}

double JsonReader::number(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_number()) complain(key, "is not a number");
  return value.get<double>();
}

bool JsonReader::flag(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_boolean()) complain(key, "is not true or false");
  return value.get<bool>();
}

std::vector<std::string> JsonReader::texts(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_array()) complain(key, "is not an array");
  std::vector<std::string> result;
  for (const Json& item : value) {
    if (!item.is_string()) complain(key, "is not an array of strings");
    result.push_back(item.get<std::string>());
  }
  return result;
}

std::vector<std::uint64_t> JsonReader::counts(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_array()) complain(key, "is not an array");
  std::vector<std::uint64_t> result;
  for (const Json& item : value) {
    if (!is_count(item)) complain(key, kCountWanted);
    result.push_back(item.get<std::uint64_t>());
  }
  return result;
}

std::map<std::string, double> JsonReader::numbers(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_object()) complain(key, "is not an object");
  std::map<std::string, double> result;
  for (const auto& [name, member] : value.items()) {
    if (member.is_null()) continue;
    if (!member.is_number()) complain(key, fmt::format("has a member '{}' that is not a number", name));
    result[name] = member.get<double>();
  }
  return result;
}

std::string JsonReader::opaque(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_object()) complain(key, "is not an object");
  return value.dump();
}

void JsonReader::each(std::string_view key, const std::function<void(const JsonReader&)>& visit) const {
  const Json& value = at(key);
  if (!value.is_array()) complain(key, "is not an array");
  for (std::size_t i = 0; i < value.size(); ++i) {
    visit(JsonReader(value[i], file_, fmt::format("{}[{}]", path_of(key), i)));
  }
}

void JsonReader::members(std::string_view key,
                         const std::function<void(const std::string&, const JsonReader&)>& visit) const {
  const Json& value = at(key);
  if (!value.is_object()) complain(key, "is not an object");
  for (const auto& [name, member] : value.items()) {
    visit(name, JsonReader(member, file_, fmt::format("{}.{}", path_of(key), name)));
  }
}

void JsonReader::pairs(std::string_view key,
                       const std::function<void(std::int64_t, std::uint64_t)>& visit) const {
  const Json& value = at(key);
  if (!value.is_array()) complain(key, "is not an array");
  for (const Json& item : value) {
    if (!item.is_array() || item.size() != 2 || !is_exact(item[0]) || !is_count(item[1])) {
      complain(key, "is not an array of pairs of whole numbers");
    }
    visit(item[0].get<std::int64_t>(), item[1].get<std::uint64_t>());
  }
}

std::uint64_t JsonReader::count_or(std::string_view key, std::uint64_t fallback) const {
  return has(key) ? count(key) : fallback;
}

std::string JsonReader::text_or(std::string_view key, std::string fallback) const {
  return has(key) ? text(key) : std::move(fallback);
}

std::uint64_t JsonReader::word_or(std::string_view key, std::uint64_t fallback) const {
  if (!has(key)) return fallback;
  const Json& value = at(key);
  if (!value.is_number_unsigned()) complain(key, "is not a whole number from 0 to 2^64");
  return value.get<std::uint64_t>();
}

void JsonReader::texts_by_name(std::string_view key, std::map<std::string, std::string>& out) const {
  if (!has(key)) return;
  const Json& value = at(key);
  if (!value.is_object()) complain(key, "is not an object");
  for (const auto& [name, member] : value.items()) {
    if (!member.is_string()) complain(key, "is not an object of strings");
    out[name] = member.get<std::string>();
  }
}

void require_schema(const Json& document, const std::string& file, std::string_view kind) {
  const JsonReader reader(document, file);
  if (const std::string schema = reader.text("schema"); schema != "cachebench/result") {
    reader.complain("schema", fmt::format("is '{}', not 'cachebench/result'", schema));
  }
  const std::string version = reader.text("schema_version");
  if (!version.starts_with("1.")) {
    reader.complain("schema_version", fmt::format("is '{}'; this program reads 1.x", version));
  }
  if (const std::string found = reader.text("kind"); found != kind) {
    reader.complain("kind", fmt::format("is '{}', not '{}'", found, kind));
  }
}

}  // namespace cachebench::result

// SPDX-License-Identifier: Apache-2.0
#include "bench/config/override.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "bench/config/schema.h"
#include "core/error.h"
#include "core/ids.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> split_path(std::string_view path, std::string_view assignment) {
  std::vector<std::string> parts;
  std::string part;
  const auto finish = [&] {
    if (part.empty()) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("--set {}: write path=value, such as load.in_flight=4", assignment));
    }
    parts.push_back(std::move(part));
    part.clear();
  };
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == ']') continue;
    if (c == '.' || c == '[') {
      finish();
    } else {
      part += c;
    }
  }
  finish();
  return parts;
}

std::optional<std::size_t> index_in(const Json& list, const std::string& part) {
  std::size_t index = 0;
  const char* end = part.data() + part.size();
  if (const auto [stop, failed] = std::from_chars(part.data(), end, index);
      failed == std::errc{} && stop == end) {
    return index;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    // A tier that gives no name has the default one of its place.
    const std::string fallback = fmt::format("L{}", i + 1);
    const bool named = list[i].is_object() && list[i].contains("name") && list[i].at("name").is_string();
    if (part == (named ? list[i].at("name").get<std::string>() : fallback)) return i;
  }
  return std::nullopt;
}

Json& element(Json& list, const std::string& part, std::string_view assignment) {
  const std::optional<std::size_t> index = index_in(list, part);
  if (index && *index == list.size() && list.size() < std::size_t{kMaxTiers}) list.push_back(Json::object());
  if (!index || *index >= list.size()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("--set {}: there is no '{}' among {} entries, which count from 0", assignment,
                            part, list.size()));
  }
  return list[*index];
}

Json value_of(std::string_view text, const std::vector<std::string>& path) {
  Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded() || (!value.is_string() && takes_text_alone(path))) return Json(std::string(text));
  return value;
}

/// Beside a policy: what is not a key of the schema is a parameter of it.
void drop_parameters(Json& variant, std::vector<std::string> path) {
  std::vector<std::string> parameters;
  for (const auto& [name, value] : variant.items()) {
    path.back() = name;
    if (!is_schema_key(path)) parameters.push_back(name);
  }
  for (const std::string& name : parameters) variant.erase(name);
  variant.erase("policy");
}

}  // namespace

void apply_override(Json& document, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  const std::vector<std::string> path =
      split_path(assignment.substr(0, equals == std::string_view::npos ? 0 : equals), assignment);
  const Json value = value_of(assignment.substr(equals + 1), path);
  Json* at = &document;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (at->is_null()) *at = Json::object();
    const bool is_tiers = i == 1 && path[0] == "cache" && path[1] == "tiers";
    if (is_tiers && path.size() > 2 && at->is_object() && !at->contains("tiers")) {
      (*at)["tiers"] = Json::array({Json::object(), Json::object(), Json::object()});
    }
    if (at->is_array()) {
      at = &element(*at, path[i], assignment);
      continue;
    }
    if (!at->is_object()) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("--set {}: '{}' is below a value, not an object", assignment, path[i]));
    }
    if (i + 1 == path.size() && path[i] == "policy" && at->value("policy", Json()) != value)
      drop_parameters(*at, path);
    at = &(*at)[path[i]];
  }
  *at = value;
}

}  // namespace cachebench::bench

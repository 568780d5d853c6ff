// SPDX-License-Identifier: Apache-2.0
#include "bench/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/error.h"
#include "core/nearest.h"
#include "run_schema.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

/// The node a reference stands for; the node itself where there is none.
const Json& target_of(const Json& node) {
  const auto reference = node.find("$ref");
  if (reference == node.end()) return node;
  const std::string name = reference->get<std::string>().substr(std::string("#/definitions/").size());
  return run_schema().at("definitions").at(name);
}

std::string text_of(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found == node.end() ? std::string() : found->get<std::string>();
}

std::string describe_one_type(const std::string& type) {
  if (type == "integer") return "an integer";
  if (type == "object") return "an object";
  if (type == "array") return "a list";
  return type == "null" ? type : "a " + type;
}

std::string describe_range(const Json& node) {
  std::string range;
  if (node.contains("minimum")) range += fmt::format(" of at least {}", node.at("minimum").dump());
  if (node.contains("exclusiveMinimum"))
    range += fmt::format(" above {}", node.at("exclusiveMinimum").dump());
  if (node.contains("maximum")) {
    range += fmt::format("{} at most {}", range.empty() ? " of" : " and", node.at("maximum").dump());
  }
  if (node.contains("minItems")) {
    range += fmt::format(" of {} to {}", node.at("minItems").dump(), node.at("maxItems").dump());
  }
  if (node.value("minLength", 0) > 0) range += " that is not empty";
  return range;
}

std::string describe_type(const Json& schema_node) {
  const Json& node = target_of(schema_node);
  if (node.contains("enum")) {
    std::vector<std::string> values;
    for (const Json& value : node.at("enum")) values.push_back(value.get<std::string>());
    return fmt::format("one of {}", fmt::join(values, ", "));
  }
  if (schema_node.value("$ref", std::string()) == "#/definitions/variant") {
    return "an object with a policy by name and its parameters as numbers beside it";
  }
  std::vector<std::string> types;
  const Json& type = node.at("type");
  if (type.is_string()) {
    types.push_back(describe_one_type(type.get<std::string>()));
  } else {
    for (const Json& one : type) types.push_back(describe_one_type(one.get<std::string>()));
  }
  return fmt::format("{}{}", fmt::join(types, " or "), describe_range(node));
}

void collect(const Json& node, const std::string& path, std::vector<SchemaKey>& keys) {
  if (node.contains("properties")) {
    for (const auto& [name, child] : node.at("properties").items()) {
      collect(child, path.empty() ? name : path + "." + name, keys);
    }
    return;
  }
  if (node.contains("items")) {
    collect(node.at("items"), path + "[]", keys);
    return;
  }
  keys.push_back({.path = path,
                  .type = describe_type(node),
                  .default_text = node.contains("default") ? node.at("default").dump() : std::string(),
                  .description = text_of(node, "description"),
                  .registry = text_of(node, "x-registry")});
}

/// `.0`, `[0]` and `[]` as "[]".
std::string normalised(std::string_view path) {
  std::string result;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find_first_of(".[", at), path.size());
    const std::string_view part = path.substr(at, end - at);
    const bool is_index = !part.empty() && part.find_first_not_of("0123456789]") == std::string_view::npos;
    if (is_index) {
      result += "[]";
    } else if (!part.empty()) {
      result += (result.empty() ? "" : ".") + std::string(part);
    }
    at = end + 1;
  }
  return result;
}

std::string joined(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "." + name;
}

/// Where a key of this name is known, if in one place.
std::string elsewhere(const std::string& name) {
  std::string found;
  for (const SchemaKey& key : schema_keys()) {
    const bool is_it = key.path == name || key.path.ends_with("." + name);
    if (is_it && !found.empty()) return {};
    if (is_it) found = key.path;
  }
  return found;
}

std::string unknown_key(const std::string& name, const Json& known, const std::string& path) {
  std::vector<std::string> names;
  for (const auto& [candidate, ignored] : known.items()) names.push_back(candidate);
  const std::string text = fmt::format("unknown key '{}'{}", name, path.empty() ? "" : " in " + path);
  const std::string near = nearest_name(name, names);
  if (const std::string place = elsewhere(name); !place.empty())
    return text + "; it belongs to '" + place + "'";
  if (!near.empty()) return fmt::format("{}; did you mean '{}'?", text, near);
  return fmt::format("{}; known are: {}", text, fmt::join(names, ", "));
}

void refuse_unknown(const Json& document, const Json& schema_node, const std::string& path,
                    const Origin& origin) {
  const Json& node = target_of(schema_node);
  if (document.is_array() && node.contains("items")) {
    for (std::size_t i = 0; i < document.size(); ++i) {
      refuse_unknown(document[i], node.at("items"), joined(path, std::to_string(i)), origin);
    }
  }
  if (!document.is_object() || !node.contains("properties")) return;
  const Json& known = node.at("properties");
  for (const auto& [name, value] : document.items()) {
    if (known.contains(name)) {
      refuse_unknown(value, known.at(name), joined(path, name), origin);
      continue;
    }
    if (!node.contains("additionalProperties") || node.at("additionalProperties") != false) continue;
    throw Error(ErrorKind::kUsage, fmt::format("{}: {}", origin.at(name), unknown_key(name, known, path)));
  }
}

/// The schema of the value at `path`; the last known one on the way where it leads nowhere.
const Json& schema_at(const std::vector<std::string>& path) {
  const Json* node = &run_schema();
  for (const std::string& part : path) {
    const Json& here = target_of(*node);
    if (here.contains("items")) {
      node = &here.at("items");
    } else if (here.contains("properties") && here.at("properties").contains(part)) {
      node = &here.at("properties").at(part);
    } else if (here.contains("additionalProperties") && here.at("additionalProperties").is_object()) {
      node = &here.at("additionalProperties");
    }
  }
  return *node;
}

const Json* value_at(const Json& document, const std::vector<std::string>& path) {
  const Json* value = &document;
  for (const std::string& part : path) {
    if (value->is_array()) {
      value = &value->at(std::stoul(part));
    } else if (value->is_object() && value->contains(part)) {
      value = &value->at(part);
    } else {
      return nullptr;
    }
  }
  return value;
}

}  // namespace

const Json& run_schema() {
  static const Json schema = Json::parse(build::kRunSchema);
  return schema;
}

std::vector<SchemaKey> schema_keys() {
  std::vector<SchemaKey> keys;
  collect(run_schema(), "", keys);
  std::stable_partition(keys.begin(), keys.end(), [](const SchemaKey& key) {
    return key.path != "$schema" && !key.path.starts_with("plugin.");
  });
  return keys;
}

SchemaKey find_schema_key(std::string_view path) {
  const std::string wanted = normalised(path);
  std::vector<std::string> known;
  for (SchemaKey& key : schema_keys()) {
    if (key.path == wanted) return std::move(key);
    known.push_back(key.path);
    // `cache.tiers[].eviction.policy` is what scripts write for `cache.tiers[].eviction`.
    if (key.path + ".policy" == wanted || key.path == wanted + ".policy") return std::move(key);
  }
  const std::string near = nearest_name(wanted, known);
  throw Error(ErrorKind::kUsage,
              near.empty() ? fmt::format("unknown key '{}'; known are: {}", path, fmt::join(known, ", "))
                           : fmt::format("unknown key '{}'; did you mean '{}'?", path, near));
}

bool takes_text_alone(const std::vector<std::string>& path) {
  const Json& node = target_of(schema_at(path));
  return node.contains("type") && node.at("type") == "string";
}

bool is_schema_key(const std::vector<std::string>& path) {
  const std::string wanted = normalised(fmt::format("{}", fmt::join(path, ".")));
  const std::vector<SchemaKey> keys = schema_keys();
  return std::any_of(keys.begin(), keys.end(), [&](const SchemaKey& key) { return key.path == wanted; });
}

void check_against_schema(const Json& document, const Origin& origin) {
  if (!document.is_object()) {
    throw Error(ErrorKind::kUsage, fmt::format("{}: a config is a JSON object", origin.name));
  }
  refuse_unknown(document, run_schema(), "", origin);
  const detail::Refusal refusal = detail::validate(document);
  if (!refusal.refused) return;
  const Json* value = value_at(document, refusal.path);
  const std::string path = fmt::format("{}", fmt::join(refusal.path, "."));
  std::string shown = value == nullptr ? std::string("missing") : value->dump();
  if (shown.size() > 60) shown = shown.substr(0, 60) + "…";
  const std::string place = path.empty() ? origin.name : origin.at(path);
  throw Error(ErrorKind::kUsage,
              fmt::format("{}: {} is {}: expected {}", place, path.empty() ? "the config" : path, shown,
                          describe_type(schema_at(refusal.path))));
}

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "bench/config/schema.h"
#include "core/error.h"
#include "core/parameters.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPolicy = ".policy";

bool is_variant(std::string_view path) {
  for (const std::string_view name : {"eviction", "admission", "migration", "prefetch"}) {
    if (path.ends_with(name) && path.starts_with("cache.")) return true;
  }
  return false;
}

std::string_view parent_of(std::string_view path) {
  return path.substr(0, path.rfind('.'));
}

/// "cache.tiers[0].x" and "cache.tiers[*].x" as "cache.tiers.0.x", one for each tier meant.
std::vector<std::string> spelled_out(std::string_view path, std::size_t tiers) {
  std::string dotted;
  for (const char c : path) {
    if (c == ']') continue;
    dotted += c == '[' ? '.' : c;
  }
  const std::size_t star = dotted.find(".*");
  if (star == std::string::npos) return {dotted};
  std::vector<std::string> list;
  for (std::size_t i = 0; i < tiers; ++i) {
    list.push_back(fmt::format("{}.{}{}", dotted.substr(0, star), i, dotted.substr(star + 2)));
  }
  return list;
}

/// Tiers by name, or "*", look like any other tier to the schema.
std::string with_index(const std::string& path) {
  constexpr std::string_view kTiers = "cache.tiers.";
  if (!path.starts_with(kTiers)) return path;
  const std::size_t dot = path.find('.', kTiers.size());
  return fmt::format("{}0{}", kTiers, dot == std::string::npos ? "" : path.substr(dot));
}

bool leads_to_keys(const std::string& path) {
  std::string schema_path = with_index(path);
  if (const std::size_t index = schema_path.find(".0"); index != std::string::npos) {
    schema_path.replace(index, 2, "[]");
  }
  const std::vector<SchemaKey> keys = schema_keys();
  return std::any_of(keys.begin(), keys.end(), [&](const SchemaKey& key) {
    return key.path.starts_with(schema_path + ".") || key.path.starts_with(schema_path + "[]");
  });
}

void require_key(const std::string& given, const std::string& path) {
  if (leads_to_keys(path)) return;
  const std::string_view parent = parent_of(path);
  if (is_variant(parent)) {
    static_cast<void>(find_schema_key(with_index(std::string(parent))));
    return;  // a parameter, or the policy itself: known once a policy is named
  }
  try {
    static_cast<void>(find_schema_key(with_index(path)));
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, fmt::format("axis '{}': {}", given, error.what()));
  }
}

/// "s3fifo:small_ratio=0.1" as an object; nothing for a plain name.
std::optional<Json> with_parameters(const Json& value) {
  if (value.is_object()) return value;
  if (!value.is_string() || value.get<std::string>().find(':') == std::string::npos) return std::nullopt;
  const NamedParameters named = parse_named_parameters(value.get<std::string>());
  Json object = {{"policy", named.name}};
  for (const auto& [name, number] : named.values) object[name] = number;
  return object;
}

std::string label_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object() || !value.contains("policy") || !value.at("policy").is_string()) return value.dump();
  std::string label = value.at("policy").get<std::string>();
  for (const auto& [name, parameter] : value.items()) {
    if (name != "policy") label += fmt::format(":{}={}", name, parameter.dump());
  }
  return label;
}

std::string beside(const std::string& folder, const std::string& path) {
  const auto candidate = (std::filesystem::path(folder) / path).lexically_normal();
  std::error_code ignored;
  return !path.empty() && std::filesystem::is_regular_file(candidate, ignored) ? candidate.string() : path;
}

/// What one path is set to: the key and its new value.
struct Setting {
  std::string path;
  Json value;
};

Setting setting_of(const std::string& path, const Json& value, const AxisContext& context) {
  const bool names_policy = path.ends_with(kPolicy) && is_variant(parent_of(path));
  if (names_policy || is_variant(path)) {
    const std::string whole(names_policy ? parent_of(path) : std::string_view(path));
    if (const std::optional<Json> object = with_parameters(value)) return {whole, *object};
    return {whole + std::string(kPolicy), value};
  }
  if ((path == "trace.path" || path == "profile") && value.is_string()) {
    return {path, beside(context.folder, value.get<std::string>())};
  }
  return {path, value};
}

void add_path(const std::string& given, const AxisContext& context, Axis& axis) {
  for (const std::string& path : spelled_out(given, context.tiers)) {
    require_key(given, path);
    // A policy is set together with its parameters.
    const bool names_policy = path.ends_with(kPolicy) && is_variant(parent_of(path));
    axis.paths.push_back(names_policy ? std::string(parent_of(path)) + std::string(kPolicy) : path);
  }
}

void add_assignments(const std::string& given, const Json& value, const AxisContext& context,
                     AxisValue& out) {
  for (const std::string& path : spelled_out(given, context.tiers)) {
    const Setting setting = setting_of(path, value, context);
    out.assignments.push_back(fmt::format("{}={}", setting.path, setting.value.dump()));
  }
}

void refuse_repeated(const Axis& axis) {
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (axis.values[i].label != axis.values[j].label) continue;
      throw Error(ErrorKind::kUsage,
                  fmt::format("axis '{}': value {} is given twice", axis.name, axis.values[i].label));
    }
  }
}

bool overlaps(const std::string& a, const std::string& b) {
  if (a == b) return true;
  return a.starts_with(b + ".") || b.starts_with(a + ".");
}

}  // namespace

Axis make_axis(const std::string& path, const std::vector<Json>& values, const AxisContext& context) {
  return make_linked_axis(
      {path},
      [&] {
        std::vector<Json> lists;
        for (const Json& value : values) lists.push_back(Json::array({value}));
        return lists;
      }(),
      context);
}

Axis make_linked_axis(const std::vector<std::string>& paths, const std::vector<Json>& values,
                      const AxisContext& context) {
  Axis axis{.name = fmt::format("{}", fmt::join(paths, "+")), .paths = {}, .values = {}};
  for (const std::string& path : paths) add_path(path, context, axis);
  if (values.empty()) {
    throw Error(ErrorKind::kUsage, fmt::format("axis '{}' has no values: the grid is empty", axis.name));
  }
  for (const Json& list : values) {
    if (!list.is_array() || list.size() != paths.size()) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("axis '{}': a value is a list of {}, one for each path, not {}", axis.name,
                              paths.size(), list.dump()));
    }
    AxisValue value;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      value.label += (i == 0 ? "" : "+") + label_of(list[i]);
      add_assignments(paths[i], list[i], context, value);
    }
    axis.values.push_back(std::move(value));
  }
  refuse_repeated(axis);
  return axis;
}

void refuse_conflicts(const std::vector<Axis>& axes) {
  struct Seen {
    std::string path;
    const Axis* axis;
  };
  std::vector<Seen> seen;
  for (const Axis& axis : axes) {
    for (const std::string& path : axis.paths) {
      for (const Seen& other : seen) {
        if (!overlaps(path, other.path)) continue;
        throw Error(ErrorKind::kUsage,
                    fmt::format("axes '{}' and '{}' both set {}: keep one of them", other.axis->name,
                                axis.name, path.size() >= other.path.size() ? path : other.path));
      }
      seen.push_back({path, &axis});
    }
  }
}

}  // namespace cachebench::bench

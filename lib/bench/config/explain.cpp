// SPDX-License-Identifier: Apache-2.0
#include "bench/config/explain.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "bench/config/run_config.h"
#include "bench/config/schema.h"
#include "policy/admission.h"
#include "policy/eviction.h"
#include "policy/migration.h"
#include "policy/prefetch.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextWidth = 100;

/// Comment lines of at most kTextWidth characters.
std::string comment(std::string_view text, const std::string& indent) {
  std::string result;
  std::string line = indent + "//";
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, space - at);
    if (line.size() + 1 + word.size() > kTextWidth) {
      result += line + "\n";
      line = indent + "//";
    }
    line += " " + std::string(word);
    at = space + 1;
  }
  return result + line + "\n";
}

std::string known_policies(const std::string& path) {
  std::vector<std::string> names;
  if (path.ends_with("eviction")) names = policy::EvictionRegistry::instance().names();
  if (path.ends_with("admission")) names = policy::AdmissionRegistry::instance().names();
  if (path.ends_with("migration")) names = policy::MigrationRegistry::instance().names();
  if (path.ends_with("prefetch")) names = policy::PrefetchRegistry::instance().names();
  return names.empty() ? std::string() : fmt::format("  policies: {}\n", fmt::join(names, ", "));
}

std::string description_of(const std::string& path) {
  for (const SchemaKey& key : schema_keys()) {
    if (key.path == path) return key.description;
  }
  return {};
}

/// Writes `value` as indented JSON, each leaf key of the schema preceded by its explanation. Explanations of
/// list elements appear with the first element only.
void write(const Json& value, const std::string& path, const std::string& indent, std::string& out) {
  const bool is_leaf = !description_of(path).empty();
  if (is_leaf || (!value.is_object() && !value.is_array())) {
    out += value.dump();
    return;
  }
  const std::string inner = indent + "  ";
  out += value.is_object() ? "{\n" : "[\n";
  std::size_t index = 0;
  for (const auto& [name, child] : value.items()) {
    const std::string child_path = value.is_array() ? path + (index == 0 ? "[]" : "[later]")
                                   : path.empty()   ? name
                                                    : path + "." + name;
    const std::string description = description_of(child_path);
    if (!description.empty()) out += comment(description, inner);
    out += inner + (value.is_object() ? Json(name).dump() + ": " : "");
    if (index != 0 && value.is_array()) {
      out += child.dump();
    } else {
      write(child, child_path, inner, out);
    }
    out += ++index < value.size() ? ",\n" : "\n";
  }
  out += indent + (value.is_object() ? "}" : "]");
}

}  // namespace

std::string explain_key(std::string_view path) {
  const SchemaKey key = find_schema_key(path);
  std::string text = fmt::format("{}\n  {}\n  accepts: {}\n", key.path, key.description, key.type);
  if (!key.default_text.empty()) text += fmt::format("  default: {}\n", key.default_text);
  return text + known_policies(key.path);
}

std::string config_template() {
  std::string text = "// A config for `cachebench run --config FILE`. Only trace.path has to be filled in.\n";
  write(to_json(default_config()), "", "", text);
  return text + "\n";
}

}  // namespace cachebench::bench

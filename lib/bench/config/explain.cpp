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

std::string known_policies(const std::string& registry) {
  std::vector<std::string> names;
  if (registry == "eviction") names = policy::EvictionRegistry::instance().names();
  if (registry == "admission") names = policy::AdmissionRegistry::instance().names();
  if (registry == "migration") names = policy::MigrationRegistry::instance().names();
  if (registry == "prefetch") names = policy::PrefetchRegistry::instance().names();
  return names.empty() ? std::string() : fmt::format("  policies: {}\n", fmt::join(names, ", "));
}

std::string description_of(const std::string& path) {
  for (const SchemaKey& key : schema_keys()) {
    if (key.path == path) return key.description;
  }
  return {};
}

enum class Comments : std::uint8_t { kNo, kYes };

/// Writes a value as indented JSON, leaf keys of the schema on one line.
class TemplateWriter {
 public:
  /// Explanations of list elements appear with the first element only.
  void write(const Json& value, const std::string& path, const std::string& indent, Comments comments) {
    if (value.is_array()) {
      write_list(value, path, indent);
    } else if (value.is_object() && description_of(path).empty()) {
      write_object(value, path, indent, comments);
    } else {
      text_ += value.dump();
    }
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void write_list(const Json& list, const std::string& path, const std::string& indent) {
    text_ += "[\n";
    for (std::size_t i = 0; i < list.size(); ++i) {
      text_ += indent + "  ";
      write(list[i], path + "[]", indent + "  ", i == 0 ? Comments::kYes : Comments::kNo);
      text_ += i + 1 < list.size() ? ",\n" : "\n";
    }
    text_ += indent + "]";
  }

  void write_object(const Json& object, const std::string& path, const std::string& indent,
                    Comments comments) {
    const std::string inner = indent + "  ";
    text_ += "{\n";
    std::size_t left = object.size();
    for (const auto& [name, child] : object.items()) {
      const std::string child_path = path.empty() ? name : path + "." + name;
      const std::string description = description_of(child_path);
      if (!description.empty() && comments == Comments::kYes) text_ += comment(description, inner);
      text_ += inner + Json(name).dump() + ": ";
      write(child, child_path, inner, comments);
      text_ += --left > 0 ? ",\n" : "\n";
    }
    text_ += indent + "}";
  }

  std::string text_;
};

}  // namespace

std::string explain_key(std::string_view path) {
  const SchemaKey key = find_schema_key(path);
  std::string text = fmt::format("{}\n  {}\n  accepts: {}\n", key.path, key.description, key.type);
  if (!key.default_text.empty()) text += fmt::format("  default: {}\n", key.default_text);
  return text + known_policies(key.registry);
}

std::string config_template() {
  TemplateWriter writer;
  writer.write(to_json(default_config()), "", "", Comments::kYes);
  return "// A config for `cachebench run --config FILE`. Only trace.path has to be filled in.\n" +
         writer.text() + "\n";
}

}  // namespace cachebench::bench

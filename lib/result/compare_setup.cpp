// SPDX-License-Identifier: Apache-2.0
#include "result/compare_setup.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_file.h"
#include "result/json.h"
#include "result/json_reader.h"
#include "result/sweep_result.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

/// What must agree. `other` is where documents of another kind keep it.
struct Setting {
  const char* what;
  const char* path;
  const char* other;
};

constexpr std::array<Setting, 10> kSettings{{
    {"the kinds of document", "/kind", ""},
    {"the traces", "/trace/sha256", ""},
    {"the lowerings", "/trace/lowering", ""},
    {"the limits on the trace", "/config/trace/limit", "/manifest/limit"},
    {"the miss costs", "/config/trace/miss_cost", ""},
    {"the modes", "/mode", ""},
    {"the seeds", "/config/seed", "/manifest/seed"},
    {"the profiles", "/config/profile", "/manifest/profile/name"},
    {"the geometries", "/config/model/geometry", "/manifest/geometry"},
    {"the units of capacity", "/unit_size", ""},
}};

Json setting_of(const Json& document, const Setting& setting) {
  for (const char* path : {setting.path, setting.other}) {
    if (*path == '\0') continue;
    const Json::json_pointer at(path);
    if (document.contains(at)) return document.at(at);
  }
  return nullptr;
}

std::string shown(const Json& value) {
  constexpr std::size_t kMost = 24;
  std::string text = value.is_null()     ? "not stated"
                     : value.is_string() ? value.get<std::string>()
                                         : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() > kMost ? text.substr(0, kMost / 2) + "…" : text;
}

}  // namespace

void require_result(const Json& document, const std::string& file) {
  const JsonReader reader(document, file);
  const bool sweep = reader.has("kind") && reader.text("kind") == "sweep";
  if (sweep) {
    (void)sweep_from_json(document, file);
  } else {
    (void)from_json(document, file);
  }
}

Json read_any_result(const std::string& path) {
  Json document = read_json_file(path, ErrorKind::kInput);
  require_result(document, path);
  return document;
}

std::vector<std::string> setup_differences(const Json& a, const Json& b) {
  std::vector<std::string> list;
  for (const Setting& setting : kSettings) {
    const Json left = setting_of(a, setting);
    const Json right = setting_of(b, setting);
    if (left == right) continue;
    list.push_back(fmt::format("{} differ ({}, {})", setting.what, shown(left), shown(right)));
  }
  return list;
}

}  // namespace cachebench::result

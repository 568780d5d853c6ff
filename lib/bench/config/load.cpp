// SPDX-License-Identifier: Apache-2.0
#include "bench/config/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/config/cross_check.h"
#include "bench/config/plugin_keys.h"
#include "bench/config/read_values.h"
#include "bench/config/schema.h"
#include "core/check.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

// JSON keeps the last of two equal keys without a word; in a config that hides a mistake.
void refuse_duplicate_keys(const Origin& file) {
  std::vector<std::set<std::string>> open;
  const auto visit = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(parsed.get<std::string>()).second) {
      throw Error(ErrorKind::kUsage, fmt::format("{}: key '{}' is given twice in one object", file.name,
                                                 parsed.get<std::string>()));
    }
    return true;
  };
  const Json again = Json::parse(file.text, visit, true, true);
  CACHEBENCH_CHECK(open.empty(), "objects left open in {}", file.name);
}

void apply_checked_override(Json& document, const std::string& assignment) {
  const Origin origin{.name = "--set " + assignment};
  if (assignment.starts_with("plugin.")) {
    Json section = Json::object();
    apply_override(section, assignment);
    check_against_schema(section, origin);
    translate_plugin_keys(section, document, origin, Conflict::kReplace);
  } else {
    apply_override(document, assignment);
    check_against_schema(document, origin);
  }
}

}  // namespace

RunConfig parse_config(const Origin& file, const std::vector<std::string>& overrides) {
  Json document = parse_json(file.text, file.name, ErrorKind::kUsage);
  refuse_duplicate_keys(file);
  check_against_schema(document, file);
  const Json as_written = document;
  document.erase("plugin");
  translate_plugin_keys(as_written, document, file, Conflict::kRefuse);
  for (const std::string& assignment : overrides) apply_checked_override(document, assignment);
  RunConfig config = read_values(document, file);
  cross_check(config, file);
  complete_parameters(config);
  return config;
}

// A relative path of a file is looked up beside the file first, then in the current folder.
static std::string beside(const std::string& file, const std::string& path) {
  const auto candidate = (std::filesystem::path(file).parent_path() / path).lexically_normal();
  std::error_code ignored;
  return !path.empty() && std::filesystem::is_regular_file(candidate, ignored) ? candidate.string() : path;
}

RunConfig load_config(const ConfigSource& source) {
  if (source.file.empty()) return parse_config({.name = "defaults", .text = "{}"}, source.overrides);
  std::string text;
  try {
    text = MappedFile(source.file).text();
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, error.what());
  }
  RunConfig config = parse_config({.name = source.file, .text = std::move(text)}, source.overrides);
  const auto names_trace = [](const std::string& set) { return set.starts_with("trace.path="); };
  if (std::none_of(source.overrides.begin(), source.overrides.end(), names_trace)) {
    config.trace.path = beside(source.file, config.trace.path);
  }
  return config;
}

void require_trace(const RunConfig& config, const std::string& origin) {
  if (!config.trace.path.empty()) return;
  throw Error(ErrorKind::kUsage,
              fmt::format("{}: trace.path is missing: name the workload there or with --trace",
                          origin.empty() ? "config" : origin));
}

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/sweep_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/config/load.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/nearest.h"
#include "result/sweep_result.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t kMostSlices = 100;
constexpr std::uint32_t kMostRungs = 10;

std::string beside(const std::string& folder, const std::string& path) {
  const auto candidate = (std::filesystem::path(folder) / path).lexically_normal();
  std::error_code ignored;
  return !path.empty() && std::filesystem::is_regular_file(candidate, ignored) ? candidate.string() : path;
}

/// Walks JSON with comments, of which it is known that it parses: `at` is called with every place that is in
/// no string and no comment.
template <typename At>
void walk_structure(const std::string& text, const At& at) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0) {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.compare(i, 2, "/*") == 0) {
      i = text.find("*/", i) + 1;
    } else {
      at(i);
      if (text[i] != '"') continue;
      for (++i; text[i] != '"'; ++i) i += text[i] == '\\' ? 1U : 0U;
    }
  }
}

/// The text with everything but the object under `key` blanked, so that line numbers stay what they are;
/// empty where it is hard to find (a comment before the colon).
std::string only_object(const std::string& text, const std::string& key) {
  const std::string quoted = "\"" + key + "\"";
  int depth = 0;
  bool is_next = false;  // the value that follows is the one
  std::size_t begin = 0;
  std::size_t end = 0;
  walk_structure(text, [&](std::size_t i) {
    if (end != 0) return;
    if (depth == 1 && text.compare(i, quoted.size(), quoted) == 0) {
      const std::size_t next = text.find_first_not_of(" \t\r\n", i + quoted.size());
      is_next = next != std::string::npos && text[next] == ':';
    }
    if (text[i] == '{' || text[i] == '[') {
      if (is_next && depth == 1 && begin == 0) begin = i;
      ++depth;
    } else if (text[i] == '}' || text[i] == ']') {
      --depth;
      if (begin != 0 && depth == 1) end = i + 1;
    }
  });
  if (end == 0) return {};
  std::string blank = text;
  for (std::size_t i = 0; i < blank.size(); ++i) {
    if ((i < begin || i >= end) && blank[i] != '\n') blank[i] = ' ';
  }
  return blank;
}

/// Reads the keys of one object, and refuses what nobody asked for.
class Section {
 public:
  Section(const Json& node, const Origin& file, std::string place)
      : node_(node), file_(file), place_(std::move(place)) {
    if (!node.is_object()) fail(place_, "is not an object");
  }

  [[noreturn]] void fail(const std::string& key, const std::string& reason) const {
    const std::string where = key.empty() ? file_.name : file_.at(key);
    throw Error(ErrorKind::kUsage, fmt::format("{}: {} {}", where, key.empty() ? "a sweep" : key, reason));
  }

  const Json* find(const char* key) {
    known_.emplace_back(key);
    const auto found = node_.find(key);
    return found == node_.end() ? nullptr : &*found;
  }

  std::string text(const char* key, std::string fallback) {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_string() || value->get<std::string>().empty()) fail(key, "is not a text");
    return value->get<std::string>();
  }

  std::uint64_t count(const char* key, std::uint64_t fallback, std::uint64_t least, std::uint64_t most) {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < least ||
        value->get<std::uint64_t>() > most) {
      fail(key, fmt::format("is {}: expected a whole number from {} to {}", value->dump(), least, most));
    }
    return value->get<std::uint64_t>();
  }

  void refuse_others() const {
    for (const auto& [name, value] : node_.items()) {
      if (name == "$schema" || std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      throw Error(ErrorKind::kUsage,
                  fmt::format("{}: {}", file_.at(name), unknown_name("key", name, known_)));
    }
  }

 private:
  const Json& node_;
  const Origin& file_;
  std::string place_;
  std::vector<std::string> known_;
};

SweepDesign parse_design(Section& section) {
  const std::string name = section.text("design", "grid");
  std::vector<std::string> names;
  for (const auto design : {SweepDesign::kGrid, SweepDesign::kZip, SweepDesign::kList, SweepDesign::kRandom,
                            SweepDesign::kSuccessiveHalving}) {
    if (name == name_of(design)) return design;
    names.emplace_back(name_of(design));
  }
  section.fail("design", unknown_name("design", name, names));
}

SweepBase parse_base(Section& section, const Origin& file) {
  SweepBase base;
  base.folder = std::filesystem::path(file.name).parent_path().string();
  const Json* value = section.find("base");
  if (value == nullptr) {
    base.text = {.name = file.name, .text = "{}"};
  } else if (value->is_string()) {
    base.file = beside(base.folder, value->get<std::string>());
  } else if (value->is_object()) {
    base.text = {.name = file.name, .text = only_object(file.text, "base")};
    if (base.text.text.empty()) base.text.text = value->dump();
  } else {
    section.fail("base", "is neither the path of a run's config nor such a config");
  }
  return base;
}

Axis parse_axis(const Json& node, const Origin& file, const AxisContext& context) {
  Section section(node, file, "axes");
  const Json* path = section.find("path");
  const Json* paths = section.find("paths");
  const Json* values = section.find("values");
  section.refuse_others();
  if ((path == nullptr) == (paths == nullptr))
    section.fail("axes", "each need a path, or paths that change together");
  if (values == nullptr || !values->is_array()) section.fail("axes", "each need values, a list");
  const std::vector<Json> list(values->begin(), values->end());
  try {
    if (path != nullptr) {
      if (!path->is_string()) section.fail("path", "is not a text");
      return make_axis(path->get<std::string>(), list, context);
    }
    std::vector<std::string> names;
    if (paths->is_array() && !paths->empty()) {
      for (const Json& name : *paths) {
        if (!name.is_string()) section.fail("paths", "is not a list of texts");
        names.push_back(name.get<std::string>());
      }
    } else {
      section.fail("paths", "is not a list of texts");
    }
    return make_linked_axis(names, list, context);
  } catch (const Error& error) {
    const std::string what = error.what();
    throw Error(error.kind(), what.starts_with(file.name) ? what : fmt::format("{}: {}", file.name, what));
  }
}

/// The points of a list as axes with one value a point: paths that a point leaves out keep the base's value.
std::vector<Axis> axes_of_list(const Json& points, const Origin& file, const AxisContext& context) {
  std::vector<std::string> paths;
  for (const Json& point : points) {
    if (!point.is_object() || point.empty()) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("{}: points: each is an object of path and value", file.at("points")));
    }
    for (const auto& [path, value] : point.items()) {
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
    }
  }
  std::vector<Axis> axes;
  for (const std::string& path : paths) {
    Axis axis{.name = path, .paths = {}, .values = {}};
    for (const Json& point : points) {
      if (!point.contains(path)) {
        axis.values.emplace_back();
        continue;
      }
      const Axis one = make_axis(path, {point.at(path)}, context);
      axis.paths = one.paths;
      axis.values.push_back(one.values.front());
    }
    axes.push_back(std::move(axis));
  }
  return axes;
}

void parse_points(Section& section, const Origin& file, const AxisContext& context, SweepConfig& config) {
  const Json* points = section.find("points");
  const Json* axes = section.find("axes");
  const bool is_list = config.design == SweepDesign::kList;
  if (is_list) {
    if (axes != nullptr) section.fail("axes", "do not go with design list, whose points say all");
    if (points == nullptr || !points->is_array() || points->empty()) {
      section.fail("points", "must list at least one point, { path: value, … }");
    }
    config.axes = axes_of_list(*points, file, context);
    return;
  }
  if (axes == nullptr || !axes->is_array() || axes->empty()) {
    section.fail("axes", "must list at least one axis: the grid is empty");
  }
  for (const Json& axis : *axes) config.axes.push_back(parse_axis(axis, file, context));
  if (config.design == SweepDesign::kRandom) {
    if (points == nullptr) section.fail("points", "is missing: how many to draw");
    config.random_points = section.count("points", 0, 1, 1'000'000);
  } else if (points != nullptr) {
    section.fail("points", fmt::format("does not go with design {}", name_of(config.design)));
  }
}

void check_zip(const SweepConfig& config, const Origin& file) {
  for (const Axis& axis : config.axes) {
    if (axis.values.size() == config.axes.front().values.size()) continue;
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: design zip takes axes of equal length: '{}' has {} values, '{}' {}",
                            file.name, config.axes.front().name, config.axes.front().values.size(), axis.name,
                            axis.values.size()));
  }
}

void check_halving(const SweepConfig& config, Section& section) {
  if (config.design != SweepDesign::kSuccessiveHalving) return;
  for (const Axis& axis : config.axes) {
    if (axis.name == "trace.limit" || axis.name == "trace.path") {
      section.fail("axes",
                   fmt::format("{} does not go with successive-halving, whose rounds are of one trace "
                               "and set its length",
                               axis.name));
    }
  }
  if (config.slices > 0) section.fail("slices", "do not go with successive-halving");
}

}  // namespace

const char* name_of(SweepDesign design) {
  switch (design) {
    case SweepDesign::kGrid:
      return "grid";
    case SweepDesign::kZip:
      return "zip";
    case SweepDesign::kList:
      return "list";
    case SweepDesign::kRandom:
      return "random";
    case SweepDesign::kSuccessiveHalving:
      break;
  }
  return "successive-halving";
}

RunConfig resolve_point(const SweepConfig& config, const std::vector<std::string>& assignments) {
  std::vector<std::string> all = config.overrides;
  all.insert(all.end(), assignments.begin(), assignments.end());
  if (!config.base.file.empty()) return load_config({.file = config.base.file, .overrides = all});
  RunConfig point = parse_config(config.base.text, all);
  const auto names_trace = [](const std::string& set) { return set.starts_with("trace.path="); };
  if (std::none_of(all.begin(), all.end(), names_trace)) {
    point.trace.path = beside(config.base.folder, point.trace.path);
  }
  return point;
}

SweepConfig parse_sweep_config(const Origin& file, const std::vector<std::string>& overrides) {
  const Json document = parse_json(file.text, file.name, ErrorKind::kUsage);
  Section section(document, file, "");
  // A misspelt key is told before what it leaves missing.
  for (const char* key : {"name", "base", "design", "axes", "points", "seed", "slices", "halving", "limit"}) {
    static_cast<void>(section.find(key));
  }
  section.refuse_others();
  SweepConfig config;
  config.name = section.text("name", "sweep");
  config.overrides = overrides;
  config.design = parse_design(section);
  config.base = parse_base(section, file);
  config.seed = section.count("seed", 1, 0, UINT64_MAX);
  config.slices = static_cast<std::uint32_t>(section.count("slices", 0, 0, kMostSlices));
  if (const Json* limit = section.find("limit"); limit != nullptr && !limit->is_null()) {
    config.limit = section.count("limit", 0, 1, UINT64_MAX);
  }
  if (const Json* halving = section.find("halving")) {
    Section part(*halving, file, "halving");
    config.halving.rungs = static_cast<std::uint32_t>(part.count("rungs", 3, 1, kMostRungs));
    config.halving.keep = static_cast<std::uint32_t>(part.count("keep", 3, 2, 100));
    part.refuse_others();
  }
  const RunConfig base = resolve_point(config, {});
  const AxisContext context{.tiers = base.cache.tiers.size(), .folder = config.base.folder};
  parse_points(section, file, context, config);
  refuse_conflicts(config.axes);
  if (config.design == SweepDesign::kZip) check_zip(config, file);
  check_halving(config, section);
  return config;
}

SweepConfig load_sweep_config(const std::string& file, const std::vector<std::string>& overrides) {
  std::string text;
  try {
    text = MappedFile(file).text();
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, error.what());
  }
  return parse_sweep_config({.name = file, .text = std::move(text)}, overrides);
}

}  // namespace cachebench::bench

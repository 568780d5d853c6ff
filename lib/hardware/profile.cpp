// SPDX-License-Identifier: Apache-2.0
#include "hardware/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/json_file.h"
#include "core/nearest.h"
#include "hardware/policy_extras.h"
#include "hardware/time_ratios.h"

namespace cachebench::hardware {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr double kLargestRate = 1e18;
constexpr double kLongestLatency = 1e12;  // 1000 s
constexpr double kLargestSize = 1e18;
constexpr double kMostCores = 1e6;

enum class Whole : std::uint8_t { kNo, kYes };
enum class Need : std::uint8_t { kAlways, kIfThere };

// One key of "figures": its range, and where its value goes.
struct Figure {
  const char* key;
  double min;
  double max;
  Whole whole;
  void (*store)(Profile&, double);
  Need need = Need::kAlways;
};

std::int64_t integer(double value) {
  return static_cast<std::int64_t>(value);
}
Bytes bytes(double value) {
  return Bytes{static_cast<std::uint64_t>(value)};
}

constexpr std::array<Figure, 24> kFigures{{
    {"h2d_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.h2d.bytes_per_second = v; }},
    {"h2d_latency_ns", 0, kLongestLatency, Whole::kYes,
     [](Profile& p, double v) { p.h2d.latency = Nanoseconds{integer(v)}; }},
    {"d2h_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.d2h.bytes_per_second = v; }},
    {"d2h_latency_ns", 0, kLongestLatency, Whole::kYes,
     [](Profile& p, double v) { p.d2h.latency = Nanoseconds{integer(v)}; }},
    {"pageable_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.pageable_bytes_per_second = v; }},
    {"ssd_read_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.ssd_read.bytes_per_second = v; }},
    {"ssd_read_latency_ns", 0, kLongestLatency, Whole::kYes,
     [](Profile& p, double v) { p.ssd_read.latency = Nanoseconds{integer(v)}; }},
    {"ssd_write_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.ssd_write.bytes_per_second = v; }},
    {"ssd_write_latency_ns", 0, kLongestLatency, Whole::kYes,
     [](Profile& p, double v) { p.ssd_write.latency = Nanoseconds{integer(v)}; }},
    {"flops_per_second", 1, kLargestRate, Whole::kNo, [](Profile& p, double v) { p.flops_per_second = v; }},
    {"device_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.device_bytes_per_second = v; }},
    {"host_memcpy_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.host_memcpy_bytes_per_second = v; }},
    {"decode_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.decode_bytes_per_second = v; }},
    {"encode_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.encode_bytes_per_second = v; }},
    {"lossy_encode_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.lossy_encode_bytes_per_second = v; }, Need::kIfThere},
    {"lossy_decode_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.lossy_decode_bytes_per_second = v; }, Need::kIfThere},
    {"sha256_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.sha256_bytes_per_second = v; }, Need::kIfThere},
    {"xxh3_bytes_per_second", 1, kLargestRate, Whole::kNo,
     [](Profile& p, double v) { p.xxh3_bytes_per_second = v; }, Need::kIfThere},
    {"tokenize_ns", 0, kLongestLatency, Whole::kNo, [](Profile& p, double v) { p.tokenize_ns = v; }},
    {"preprocess_ns", 0, kLongestLatency, Whole::kNo, [](Profile& p, double v) { p.preprocess_ns = v; }},
    {"lookup_ns", 0, kLongestLatency, Whole::kYes,
     [](Profile& p, double v) { p.lookup = Nanoseconds{integer(v)}; }},
    {"device_memory_bytes", 1, kLargestSize, Whole::kYes,
     [](Profile& p, double v) { p.device_memory = bytes(v); }},
    {"host_memory_bytes", 1, kLargestSize, Whole::kYes,
     [](Profile& p, double v) { p.host_memory = bytes(v); }},
    {"host_cores", 1, kMostCores, Whole::kYes,
     [](Profile& p, double v) { p.host_cores = static_cast<int>(v); }},
}};

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw Error(ErrorKind::kUsage, fmt::format("{}: {}", path, reason));
}

void refuse_unknown(const std::string& path, const Json& object, const std::vector<std::string>& known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      refuse(path, unknown_name("key", key, known));
  }
}

std::string text_at(const std::string& path, const Json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) refuse(path, fmt::format("'{}{}' is missing", where, key));
  if (!found->is_string() || found->get_ref<const std::string&>().empty()) {
    refuse(path, fmt::format("'{}{}' must be a text that is not empty", where, key));
  }
  return found->get<std::string>();
}

void read_figure(const std::string& path, const Figure& figure, const Json& figures, Profile& profile) {
  const auto found = figures.find(figure.key);
  if (found == figures.end() && figure.need == Need::kIfThere) return;
  if (found == figures.end()) refuse(path, fmt::format("'figures.{}' is missing", figure.key));
  const std::string where = fmt::format("figures.{}.", figure.key);
  if (!found->is_object()) {
    refuse(path, fmt::format("'figures.{}' must be {{\"value\": number, \"source\": text}}", figure.key));
  }
  refuse_unknown(path, *found, {"value", "source"});
  const auto value = found->find("value");
  if (value == found->end()) refuse(path, fmt::format("'{}value' is missing", where));
  const double number = value->is_number() ? value->get<double>() : std::nan("");
  const bool in_range = number >= figure.min && number <= figure.max;  // false for NaN
  const bool fits = figure.whole == Whole::kNo || (in_range && std::floor(number) == number);
  if (!in_range || !fits) {
    refuse(path, fmt::format("'{}value' is {}: it must be a {}number from {} to {:g}", where, value->dump(),
                             figure.whole == Whole::kYes ? "whole " : "", figure.min, figure.max));
  }
  figure.store(profile, number);
  profile.sources[figure.key] = text_at(path, *found, "source", where);
}

// Figures that came later than the first files: shares of the memory's rate, each with that as its source.
void fill_in(Profile& profile) {
  struct Share {
    const char* key;
    double& rate;
    double share;
  };
  for (const Share& item :
       {Share{"lossy_encode_bytes_per_second", profile.lossy_encode_bytes_per_second, 0.6},
        Share{"lossy_decode_bytes_per_second", profile.lossy_decode_bytes_per_second, 0.6},
        Share{"sha256_bytes_per_second", profile.sha256_bytes_per_second, 0.04},
        Share{"xxh3_bytes_per_second", profile.xxh3_bytes_per_second, 0.8}}) {
    if (item.rate > 0) continue;
    item.rate = std::max(1.0, profile.host_memcpy_bytes_per_second * item.share);
    profile.sources[item.key] = fmt::format("assumed: {:g} of host_memcpy_bytes_per_second", item.share);
  }
}

Profile profile_from(const std::string& path, const Json& document) {
  if (!document.is_object()) refuse(path, "a profile is a JSON object");
  refuse_unknown(path, document,
                 {"$schema", "format", "version", "name", "description", "figures", kPolicyExtras, kTimeSkews,
                  kTimeSpreads, "measurements", "notes"});
  if (text_at(path, document, "format", "") != "cachebench-profile") {
    refuse(path, "'format' must be \"cachebench-profile\"");
  }
  const auto version = document.find("version");
  if (version == document.end() || *version != 1) refuse(path, "'version' must be 1");
  Profile profile;
  profile.name = text_at(path, document, "name", "");
  profile.description = text_at(path, document, "description", "");
  const auto figures = document.find("figures");
  if (figures == document.end() || !figures->is_object()) refuse(path, "'figures' must be an object");
  std::vector<std::string> keys;
  keys.reserve(kFigures.size());
  for (const Figure& figure : kFigures) keys.emplace_back(figure.key);
  refuse_unknown(path, *figures, keys);
  for (const Figure& figure : kFigures) read_figure(path, figure, *figures, profile);
  fill_in(profile);
  profile.policy_extras = policy_extras_of(path, document);
  profile.time_skews = time_skews_of(path, document);
  profile.time_spreads = time_spreads_of(path, document);
  return profile;
}

void add_upwards(std::vector<fs::path>& folders, fs::path from) {
  while (true) {
    folders.push_back(from / "configs" / "profiles");
    const fs::path parent = from.parent_path();
    if (parent == from || parent.empty()) return;
    from = parent;
  }
}

// Folders that exist, in order of preference. Nothing is compiled in: a moved tree or installation still
// works.
std::vector<fs::path> profile_folders() {
  std::vector<fs::path> candidates;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in the project changes the environment
  if (const char* named = std::getenv("CACHEBENCH_PROFILES"); named != nullptr && *named != '\0') {
    candidates.emplace_back(named);
  }
  std::error_code failed;
  const fs::path executable = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    const fs::path folder = executable.parent_path();
    candidates.push_back(folder.parent_path() / "share" / "cachebench" / "profiles");
    add_upwards(candidates, folder);
  }
  if (const fs::path here = fs::current_path(failed); !failed) add_upwards(candidates, here);
  std::vector<fs::path> folders;
  for (const fs::path& candidate : candidates) {
    const bool is_new = std::find(folders.begin(), folders.end(), candidate) == folders.end();
    if (is_new && fs::is_directory(candidate, failed)) folders.push_back(candidate);
  }
  return folders;
}

bool is_path(const std::string& text) {
  return text.find('/') != std::string::npos || text.ends_with(".json");
}

// The file of a profile, whether it exists or not where a path is named.
std::string profile_file(const std::string& name_or_path) {
  if (is_path(name_or_path)) return name_or_path;
  const std::string name = name_or_path == kDefaultAlias ? kDefaultProfile : name_or_path;
  for (const fs::path& folder : profile_folders()) {
    const fs::path file = folder / (name + ".json");
    std::error_code failed;
    if (!name.empty() && fs::is_regular_file(file, failed)) return file.string();
  }
  std::vector<std::string> known = profile_names();
  if (known.empty()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("profile '{}' not found: there is no folder of profiles near the program or the "
                            "current folder; name a file, or set CACHEBENCH_PROFILES to the folder",
                            name));
  }
  known.emplace_back(kDefaultAlias);
  throw Error(ErrorKind::kUsage, unknown_name("profile", name, known));
}

}  // namespace

Profile read_profile(const std::string& path) {
  return profile_from(path, read_json_file(path, ErrorKind::kUsage));
}

std::vector<std::string> profile_names() {
  std::set<std::string> names;
  for (const fs::path& folder : profile_folders()) {
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
      if (entry->path().extension() == ".json") names.insert(entry->path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

Profile find_profile(const std::string& name_or_path) {
  return read_profile(profile_file(name_or_path));
}

}  // namespace cachebench::hardware

// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/profile_document.h"

#include <array>
#include <nlohmann/json.hpp>

#include "hardware/policy_extras.h"
#include "hardware/time_ratios.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;
using hardware::Profile;

struct Figure {
  const char* key;
  double (*value)(const Profile&);
};

double count(Nanoseconds duration) {
  return static_cast<double>(duration.count());
}
double count(Bytes bytes) {
  return static_cast<double>(bytes.value);
}

// In the order of the files.
constexpr std::array<Figure, 24> kFigures{{
    {"h2d_bytes_per_second", [](const Profile& p) { return p.h2d.bytes_per_second; }},
    {"h2d_latency_ns", [](const Profile& p) { return count(p.h2d.latency); }},
    {"d2h_bytes_per_second", [](const Profile& p) { return p.d2h.bytes_per_second; }},
    {"d2h_latency_ns", [](const Profile& p) { return count(p.d2h.latency); }},
    {"pageable_bytes_per_second", [](const Profile& p) { return p.pageable_bytes_per_second; }},
    {"ssd_read_bytes_per_second", [](const Profile& p) { return p.ssd_read.bytes_per_second; }},
    {"ssd_read_latency_ns", [](const Profile& p) { return count(p.ssd_read.latency); }},
    {"ssd_write_bytes_per_second", [](const Profile& p) { return p.ssd_write.bytes_per_second; }},
    {"ssd_write_latency_ns", [](const Profile& p) { return count(p.ssd_write.latency); }},
    {"flops_per_second", [](const Profile& p) { return p.flops_per_second; }},
    {"device_bytes_per_second", [](const Profile& p) { return p.device_bytes_per_second; }},
    {"host_memcpy_bytes_per_second", [](const Profile& p) { return p.host_memcpy_bytes_per_second; }},
    {"decode_bytes_per_second", [](const Profile& p) { return p.decode_bytes_per_second; }},
    {"encode_bytes_per_second", [](const Profile& p) { return p.encode_bytes_per_second; }},
    {"lossy_encode_bytes_per_second", [](const Profile& p) { return p.lossy_encode_bytes_per_second; }},
    {"lossy_decode_bytes_per_second", [](const Profile& p) { return p.lossy_decode_bytes_per_second; }},
    {"sha256_bytes_per_second", [](const Profile& p) { return p.sha256_bytes_per_second; }},
    {"xxh3_bytes_per_second", [](const Profile& p) { return p.xxh3_bytes_per_second; }},
    {"tokenize_ns", [](const Profile& p) { return p.tokenize_ns; }},
    {"preprocess_ns", [](const Profile& p) { return p.preprocess_ns; }},
    {"lookup_ns", [](const Profile& p) { return count(p.lookup); }},
    {"device_memory_bytes", [](const Profile& p) { return count(p.device_memory); }},
    {"host_memory_bytes", [](const Profile& p) { return count(p.host_memory); }},
    {"host_cores", [](const Profile& p) { return static_cast<double>(p.host_cores); }},
}};

// Beside the figures, as there are as many as there are policies.
Json figures_below(const Session& session, const std::string& object) {
  const std::string prefix = object + ".";
  Json extras = Json::object();
  for (const auto& [key, figure] : session.figures()) {
    if (key.starts_with(prefix))
      extras[key.substr(prefix.size())] = {{"value", figure.value}, {"source", figure.source}};
  }
  return extras;
}

Json measurements_json(const Session& session) {
  Json rows = Json::array();
  for (const Measurement& row : session.measurements()) {
    rows.push_back({{"name", row.name},
                    {"unit", row.unit},
                    {"basis", name_of(row.basis)},
                    {"median", row.spread.median},
                    {"spread", row.spread.relative()},
                    {"repetitions", row.spread.repetitions},
                    {"steady", row.is_steady}});
  }
  return rows;
}

}  // namespace

std::map<std::string, double> figures_of(const Profile& profile) {
  std::map<std::string, double> values;
  for (const Figure& figure : kFigures) values[figure.key] = figure.value(profile);
  return values;
}

std::vector<std::string> figures_not_measured(const Session& session) {
  std::vector<std::string> keys;
  for (const Figure& figure : kFigures) {
    if (!session.figures().contains(figure.key)) keys.emplace_back(figure.key);
  }
  return keys;
}

Json profile_document(const ProfileInputs& inputs) {
  Json figures = Json::object();
  for (const Figure& figure : kFigures) {
    const auto found = inputs.session.figures().find(figure.key);
    if (found != inputs.session.figures().end()) {
      figures[figure.key] = {{"value", found->second.value}, {"source", found->second.source}};
      continue;
    }
    const auto source = inputs.base.sources.find(figure.key);
    figures[figure.key] = {
        {"value", figure.value(inputs.base)},
        {"source", fmt::format("not measured here; profile {}: {}", inputs.base.name,
                               source == inputs.base.sources.end() ? "no source" : source->second)}};
  }
  Json document{
      {"format", "cachebench-profile"},
      {"version", 1},
      {"name", inputs.name},
      {"description", fmt::format("Measured on {} by calibrate; figures that could not be measured are "
                                  "those of {}.",
                                  inputs.session.date(), inputs.base.name)},
      {"figures", std::move(figures)}};
  for (const char* object : {hardware::kPolicyExtras, hardware::kTimeSkews, hardware::kTimeSpreads}) {
    if (Json below = figures_below(inputs.session, object); !below.empty())
      document[object] = std::move(below);
  }
  document["measurements"] = measurements_json(inputs.session);
  if (!inputs.session.notes().empty()) document["notes"] = inputs.session.notes();
  return document;
}

}  // namespace cachebench::bench

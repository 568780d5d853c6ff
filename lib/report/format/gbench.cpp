// SPDX-License-Identifier: Apache-2.0
// The JSON of Google Benchmark, for tools that read it: a row per time that the result states, our counts as
// flat counters. `label` says where the time comes from. No CPU time is measured, so `cpu_time` repeats
// `real_time`.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/report.h"

namespace cachebench::report {
namespace {

using Json = nlohmann::ordered_json;

Json found(const Json& document, const char* path) {
  const Json::json_pointer at(path);
  return document.contains(at) ? document.at(at) : Json(nullptr);
}

Json context_of(const std::string& manifest_text) {
  const Json manifest = Json::parse(manifest_text, nullptr, false);
  const Json build_type = found(manifest, "/build/build_type");
  const bool release = build_type.is_string() && build_type.get<std::string>().starts_with("Rel");
  Json context = {{"date", found(manifest, "/started_at")},
                  {"host_name", nullptr},
                  {"executable", "cachebench"},
                  {"num_cpus", found(manifest, "/machine/threads_allowed")},
                  {"mhz_per_cpu", nullptr},
                  {"cpu_scaling_enabled", nullptr},
                  {"caches", Json::array()},
                  {"load_avg", Json::array()},
                  {"library_build_type", release ? "release" : "debug"},
                  {"json_schema_version", 1}};
  context["cachebench_version"] = found(manifest, "/build/version");
  context["cpu_model"] = found(manifest, "/machine/cpu");
  return context;
}

struct Row {
  std::string name;
  std::uint64_t iterations = 0;
  double time_ns = 0;
  std::string label;
};

class Rows {
 public:
  Json& add(const Row& row) {
    rows_.push_back({{"name", row.name},
                     {"family_index", rows_.size()},
                     {"per_family_instance_index", 0},
                     {"run_name", row.name},
                     {"run_type", "iteration"},
                     {"repetitions", 1},
                     {"repetition_index", 0},
                     {"threads", 1},
                     {"iterations", row.iterations},
                     {"real_time", row.time_ns},
                     {"cpu_time", row.time_ns},
                     {"time_unit", "ns"},
                     {"label", row.label}});
    return rows_.back();
  }
  [[nodiscard]] std::string text(Json context) && {
    const Json document = {{"context", std::move(context)}, {"benchmarks", std::move(rows_)}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  Json rows_ = Json::array();
};

double per(double whole, std::uint64_t count) {
  return count == 0 ? 0.0 : whole / static_cast<double>(count);
}

void add_counters(Json& row, const result::Totals& totals) {
  row["accesses"] = totals.accesses;
  row["hits"] = totals.hits;
  row["covered"] = totals.covered;
  row["misses"] = totals.misses;
  row["evictions"] = totals.evictions;
  row["bytes_requested"] = totals.bytes_requested;
  row["bytes_hit"] = totals.bytes_hit;
  row["saved_ns"] = totals.saved_ns;
  row["service_ns"] = totals.service_ns;
  if (const auto ratio = totals.hit_ratio()) row["hit_ratio"] = *ratio;
  if (const auto rate = totals.accesses_per_second()) row["items_per_second"] = *rate;
}

std::string render_gbench(const result::RunResult& result) {
  const std::string name = result.name.empty() ? "run" : result.name;
  const result::Totals& totals = result.totals;
  Rows rows;
  add_counters(rows.add({.name = name + "/access",
                         .iterations = totals.accesses,
                         .time_ns = per(static_cast<double>(totals.elapsed_ns), totals.accesses),
                         .label = "measured"}),
               totals);
  rows.add({.name = name + "/service",
            .iterations = totals.accesses,
            .time_ns = per(static_cast<double>(totals.service_ns), totals.accesses),
            .label = "modelled"});
  for (const auto& [stage, summary] : result.latency) {
    Json& row = rows.add({.name = fmt::format("{}/latency/{}/p50", name, stage),
                          .iterations = summary.count,
                          .time_ns = static_cast<double>(summary.p50_ns),
                          .label = result::name_of(summary.basis)});
    row["p90_ns"] = summary.p90_ns;
    row["p99_ns"] = summary.p99_ns;
    row["p999_ns"] = summary.p999_ns;
    row["max_ns"] = summary.max_ns;
  }
  return std::move(rows).text(context_of(result.manifest));
}

std::string render_sweep(const result::SweepResult& sweep) {
  Rows rows;
  for (const result::SweepPoint& point : sweep.points) {
    const std::string name =
        point.name.empty() ? fmt::format("{}/{}", point.policy, point.capacity) : point.name;
    Json& row = rows.add({.name = name,
                          .iterations = point.totals.accesses,
                          .time_ns = per(point.seconds * 1e9, point.totals.accesses),
                          .label = "measured"});
    add_counters(row, point.totals);
    row["capacity"] = point.capacity;
  }
  return std::move(rows).text(context_of(sweep.manifest));
}

CACHEBENCH_REGISTER(ReportDescriptor, {.name = "gbench",
                                       .extension = "json",
                                       .doc = "the JSON of Google Benchmark, for tools that compare it",
                                       .render = render_gbench,
                                       .render_sweep = render_sweep});

}  // namespace
}  // namespace cachebench::report

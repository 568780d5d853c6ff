// SPDX-License-Identifier: Apache-2.0
#include "result/sweep_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "result/json.h"
#include "result/json_reader.h"
#include "result/totals_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

std::string csv_ratio(std::optional<double> value) {
  return value ? fmt::format("{:.6f}", *value) : "";
}

std::optional<double> miss_ratio(const Totals& totals) {
  return ratio_of(totals.misses, totals.accesses);
}

bool better(const SweepPoint* a, const SweepPoint* b) {
  return b == nullptr || a->totals.misses < b->totals.misses;
}

SweepBest best_at(const SweepResult& sweep, std::uint64_t capacity) {
  const SweepPoint* first = nullptr;
  const SweepPoint* second = nullptr;
  for (const SweepPoint& point : sweep.points) {
    if (point.capacity != capacity || point.bound || point.status != Status::kComplete) continue;
    if (better(&point, first)) {
      second = first;
      first = &point;
    } else if (better(&point, second)) {
      second = &point;
    }
  }
  SweepBest best{.capacity = capacity, .policy = "", .miss_ratio = {}, .runner_up = "", .margin = {}};
  if (first == nullptr) return best;
  best.policy = first->policy;
  best.miss_ratio = miss_ratio(first->totals);
  if (second == nullptr) return best;
  best.runner_up = second->policy;
  if (best.miss_ratio) best.margin = miss_ratio(second->totals).value_or(*best.miss_ratio) - *best.miss_ratio;
  return best;
}

Json best_to_json(const SweepBest& best) {
  return {{"policy", best.policy},
          {"capacity", best.capacity},
          {"miss_ratio", number_or_null(best.miss_ratio)},
          {"runner_up", best.runner_up},
          {"margin", number_or_null(best.margin)}};
}

Json point_to_json(const SweepPoint& point) {
  Json totals = totals_to_json(point.totals);
  totals["peak_entries"] = point.peak_entries;
  Json json = {{"policy", point.policy},
               {"capacity", point.capacity},
               {"config", parse_opaque(point.config, "points.config")},
               {"result", std::move(totals)},
               {"status", name_of(point.status)},
               {"bound", point.bound},
               {"seconds", point.seconds}};
  if (!point.reason.empty()) json["reason"] = point.reason;
  return json;
}

SweepPoint point_from_json(const JsonReader& reader) {
  const JsonReader totals = reader.object("result");
  return {.policy = reader.text("policy"),
          .capacity = reader.count("capacity"),
          .config = reader.opaque("config"),
          .totals = totals_from_json(totals),
          .peak_entries = totals.count_or("peak_entries", 0),
          .seconds = reader.has("seconds") ? reader.number("seconds") : 0,
          .status = status_from_json(reader),
          .reason = reader.text_or("reason", ""),
          .bound = reader.has("bound") && reader.flag("bound")};
}

}  // namespace

std::vector<SweepBest> best_by_capacity(const SweepResult& sweep) {
  std::vector<std::uint64_t> capacities;
  for (const SweepPoint& point : sweep.points) {
    if (std::find(capacities.begin(), capacities.end(), point.capacity) == capacities.end()) {
      capacities.push_back(point.capacity);
    }
  }
  std::vector<SweepBest> list;
  for (const std::uint64_t capacity : capacities) list.push_back(best_at(sweep, capacity));
  return list;
}

Json to_json(const SweepResult& sweep) {
  Json points = Json::array();
  for (const SweepPoint& point : sweep.points) points.push_back(point_to_json(point));
  Json by_capacity = Json::array();
  Json overall = nullptr;
  for (const SweepBest& best : best_by_capacity(sweep)) {
    by_capacity.push_back(best_to_json(best));
    const bool wins =
        best.miss_ratio && (overall.is_null() || *best.miss_ratio < overall["miss_ratio"].get<double>());
    if (wins) overall = best_to_json(best);
  }
  const Json margin = overall.is_null() ? Json(nullptr) : overall["margin"];
  Json document = {{"schema", kSchema},
                   {"schema_version", kSchemaVersion},
                   {"kind", "sweep"},
                   {"name", sweep.name},
                   {"status", name_of(sweep.status)},
                   {"reasons", sweep.reasons},
                   {"trace",
                    {{"name", sweep.trace.name},
                     {"sha256", sweep.trace.sha256},
                     {"requests", sweep.trace.requests},
                     {"accesses", sweep.trace.accesses},
                     {"distinct", sweep.trace.distinct},
                     {"bytes_requested", sweep.trace.bytes_requested},
                     {"format", sweep.trace.format},
                     {"lowering", sweep.trace.lowering}}},
                   {"unit_size", sweep.unit_size},
                   {"best", overall},
                   {"margin", margin},
                   {"best_by_capacity", std::move(by_capacity)},
                   {"points", std::move(points)}};
  require_exact_integers(document);
  document["manifest"] = parse_opaque(sweep.manifest, "manifest");
  return document;
}

SweepResult sweep_from_json(const Json& document, const std::string& file) {
  require_schema(document, file, "sweep");
  const JsonReader reader(document, file);
  const JsonReader trace = reader.object("trace");
  SweepResult sweep{.name = reader.text_or("name", ""),
                    .status = status_from_json(reader),
                    .reasons = reader.texts("reasons"),
                    .manifest = reader.opaque("manifest"),
                    .trace = {.name = trace.text("name"),
                              .sha256 = trace.text("sha256"),
                              .requests = trace.count("requests"),
                              .accesses = trace.count("accesses"),
                              .distinct = trace.count("distinct"),
                              .bytes_requested = trace.count("bytes_requested"),
                              .bytes_distinct = std::nullopt,
                              .format = trace.text_or("format", ""),
                              .lowering = trace.text_or("lowering", "")},
                    .unit_size = reader.has("unit_size") && reader.flag("unit_size"),
                    .points = {}};
  reader.each("points", [&](const JsonReader& item) { sweep.points.push_back(point_from_json(item)); });
  return sweep;
}

std::string to_text(const SweepResult& sweep) {
  return to_json(sweep).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string sweep_csv_header() {
  return "trace,policy,capacity,accesses,misses,miss_ratio,bytes_requested,bytes_missed,byte_miss_ratio,"
         "evictions,peak_entries,seconds,status\n";
}

std::string sweep_csv_row(const std::string& trace, const SweepPoint& point) {
  const Totals& totals = point.totals;
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{:.6f},{}\n", csv_field(trace),
                     csv_field(point.policy), point.capacity, totals.accesses, totals.misses,
                     csv_ratio(miss_ratio(totals)), totals.bytes_requested, totals.bytes_missed,
                     csv_ratio(ratio_of(totals.bytes_missed, totals.bytes_requested)), totals.evictions,
                     point.peak_entries, point.seconds, name_of(point.status));
}

std::string to_csv(const SweepResult& sweep) {
  std::string text = sweep_csv_header();
  for (const SweepPoint& point : sweep.points) text += sweep_csv_row(sweep.trace.name, point);
  return text;
}

}  // namespace cachebench::result

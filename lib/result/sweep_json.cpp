// SPDX-License-Identifier: Apache-2.0
// The document of a sweep, out and in.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_file.h"
#include "result/bounds_json.h"
#include "result/json.h"
#include "result/json_reader.h"
#include "result/sweep_analysis.h"
#include "result/sweep_result.h"
#include "result/sweep_summary.h"
#include "result/totals_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

Json best_to_json(const SweepBest& best) {
  return {{"policy", best.policy},
          {"capacity", best.capacity},
          {"miss_ratio", number_or_null(best.miss_ratio)},
          {"runner_up", best.runner_up},
          {"margin", number_or_null(best.margin)}};
}

/// Of all capacities; each of them goes into `by_capacity`.
Json fewest_misses_to_json(const SweepResult& sweep, Json& by_capacity) {
  Json overall = nullptr;
  for (const SweepBest& best : best_by_capacity(sweep)) {
    by_capacity.push_back(best_to_json(best));
    const bool wins =
        best.miss_ratio && (overall.is_null() || *best.miss_ratio < overall["miss_ratio"].get<double>());
    if (wins) overall = best_to_json(best);
  }
  return overall;
}

/// The point that saves most; runner-up and margin are those of the recommendation.
Json most_saved_to_json(const SweepResult& sweep) {
  const SweepPoint* most = nullptr;
  for (const SweepPoint& point : sweep.points) {
    if (takes_part(point) && (most == nullptr || point.totals.saved_ns > most->totals.saved_ns))
      most = &point;
  }
  if (most == nullptr) return nullptr;
  const Recommendation made = sweep.recommendation.value_or(Recommendation{});
  return {{"name", most->name},
          {"policy", most->policy},
          {"capacity", most->capacity},
          {"saved_ns", most->totals.saved_ns},
          {"miss_ratio", number_or_null(ratio_of(most->totals.misses, most->totals.accesses))},
          {"runner_up", made.runner_up},
          {"margin", number_or_null(made.margin)}};
}

std::optional<double> number_or_none(const JsonReader& reader, std::string_view key) {
  if (!reader.has(key)) return std::nullopt;
  return reader.number(key);
}

Json kinds_to_json(const std::map<std::string, KindResult>& kinds) {
  RunResult holder;
  holder.kinds = kinds;
  Json object = Json::object();
  for (const auto& [name, kind] : kinds_in_order(holder)) object[name] = kind_to_json(kind);
  return object;
}

Json axes_to_json(const std::vector<SweepAxis>& axes) {
  Json list = Json::array();
  for (const SweepAxis& axis : axes) list.push_back({{"path", axis.path}, {"values", axis.values}});
  return list;
}

Json curves_to_json(const std::vector<MissRatioCurve>& curves) {
  Json list = Json::array();
  for (const MissRatioCurve& curve : curves) {
    Json points = Json::array();
    for (const CurvePoint& point : curve.points) {
      points.push_back({{"capacity", point.capacity},
                        {"miss_ratio", point.miss_ratio},
                        {"byte_miss_ratio", number_or_null(point.byte_miss_ratio)},
                        {"error", number_or_null(point.error)}});
    }
    list.push_back({{"policy", curve.policy},
                    {"sampling_rate", curve.sampling_rate},
                    {"error_basis", curve.error_basis},
                    {"points", std::move(points)}});
  }
  return list;
}

MissRatioCurve curve_from_json(const JsonReader& reader) {
  MissRatioCurve curve{.policy = reader.text("policy"),
                       .sampling_rate = reader.number("sampling_rate"),
                       .error_basis = reader.text_or("error_basis", ""),
                       .points = {}};
  reader.each("points", [&](const JsonReader& item) {
    curve.points.push_back({.capacity = item.count("capacity"),
                            .miss_ratio = item.number("miss_ratio"),
                            .byte_miss_ratio = number_or_none(item, "byte_miss_ratio"),
                            .error = number_or_none(item, "error")});
  });
  return curve;
}

Json recommendation_to_json(const std::optional<Recommendation>& made) {
  if (!made) return nullptr;
  return {{"policy", made->policy},
          {"why", made->why},
          {"runner_up", made->runner_up},
          {"margin", number_or_null(made->margin)},
          {"margin_ns", number_or_null(made->margin_ns)},
          {"spread", number_or_null(made->spread)},
          {"exceeds_spread", made->exceeds_spread ? Json(*made->exceeds_spread) : Json(nullptr)},
          {"cells", made->cells}};
}

Recommendation recommendation_from_json(const JsonReader& reader) {
  Recommendation made{.policy = reader.text("policy"),
                      .why = reader.text_or("why", ""),
                      .runner_up = reader.text_or("runner_up", ""),
                      .margin = number_or_none(reader, "margin"),
                      .margin_ns = number_or_none(reader, "margin_ns"),
                      .spread = number_or_none(reader, "spread"),
                      .exceeds_spread = std::nullopt,
                      .cells = reader.count_or("cells", 0)};
  if (reader.has("exceeds_spread")) made.exceeds_spread = reader.flag("exceeds_spread");
  return made;
}

Json trace_to_json(const TraceFacts& trace) {
  return {{"name", trace.name},
          {"sha256", trace.sha256},
          {"requests", trace.requests},
          {"accesses", trace.accesses},
          {"distinct", trace.distinct},
          {"bytes_requested", trace.bytes_requested},
          {"bytes_distinct", trace.bytes_distinct ? Json(*trace.bytes_distinct) : Json(nullptr)},
          {"format", trace.format},
          {"lowering", trace.lowering}};
}

TraceFacts trace_from_json(const JsonReader& trace) {
  TraceFacts facts{.name = trace.text("name"),
                   .sha256 = trace.text("sha256"),
                   .requests = trace.count("requests"),
                   .accesses = trace.count("accesses"),
                   .distinct = trace.count("distinct"),
                   .bytes_requested = trace.count("bytes_requested"),
                   .bytes_distinct = std::nullopt,
                   .format = trace.text_or("format", ""),
                   .lowering = trace.text_or("lowering", "")};
  if (trace.has("bytes_distinct")) facts.bytes_distinct = trace.count("bytes_distinct");
  return facts;
}

void add_experiment_facts(const SweepPoint& point, Json& json) {
  json["name"] = point.name;
  json["axes"] = Json(point.axes);
  json["seed"] = point.seed;
  json["l1_bytes"] = point.l1_bytes;
  json["kinds"] = kinds_to_json(point.kinds);
  if (point.bounds) json["bounds"] = bounds_to_json(*point.bounds, point.totals);
  if (point.miss_ratio_error) json["miss_ratio_error"] = *point.miss_ratio_error;
  if (!point.decision_log_hash.empty()) json["decision_log_hash"] = point.decision_log_hash;
}

SweepPoint point_of(const JsonReader& reader) {
  const JsonReader totals = reader.object("result");
  SweepPoint point{.policy = reader.text("policy"),
                   .capacity = reader.count("capacity"),
                   .config = reader.opaque("config"),
                   .totals = totals_from_json(totals),
                   .peak_entries = totals.count_or("peak_entries", 0),
                   .seconds = reader.has("seconds") ? reader.number("seconds") : 0,
                   .status = status_from_json(reader),
                   .reason = reader.text_or("reason", ""),
                   .bound = reader.has("bound") && reader.flag("bound"),
                   .name = reader.text_or("name", "")};
  reader.texts_by_name("axes", point.axes);
  point.seed = reader.word_or("seed", 1);
  point.l1_bytes = reader.count_or("l1_bytes", 0);
  if (reader.has("kinds")) {
    reader.members("kinds", [&](const std::string& name, const JsonReader& item) {
      point.kinds[name] = kind_from_json(item);
    });
  }
  if (reader.has("bounds")) point.bounds = bounds_from_json(reader.object("bounds"));
  point.miss_ratio_error = number_or_none(reader, "miss_ratio_error");
  point.decision_log_hash = reader.text_or("decision_log_hash", "");
  return point;
}

void read_optional(const JsonReader& reader, SweepResult& sweep) {
  sweep.unit_size = reader.has("unit_size") && reader.flag("unit_size");
  sweep.design = reader.text_or("design", "grid");
  const std::string metric = reader.text_or("metric", name_of(SweepMetric::kMissRatio));
  if (metric == name_of(SweepMetric::kSavedTime)) {
    sweep.metric = SweepMetric::kSavedTime;
  } else if (metric != name_of(SweepMetric::kMissRatio)) {
    reader.complain("metric", fmt::format("is '{}', not miss_ratio or saved_ns", metric));
  }
  if (reader.has("axes")) {
    reader.each("axes", [&](const JsonReader& item) {
      sweep.axes.push_back({.path = item.text("path"), .values = item.texts("values")});
    });
  }
  if (reader.has("curves")) {
    reader.each("curves", [&](const JsonReader& item) { sweep.curves.push_back(curve_from_json(item)); });
  }
  if (reader.has("recommendation")) {
    sweep.recommendation = recommendation_from_json(reader.object("recommendation"));
  }
  if (reader.has("notes")) sweep.notes = reader.texts("notes");
}

}  // namespace

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
  add_experiment_facts(point, json);
  return json;
}

SweepPoint point_from_json(const Json& document, const std::string& file) {
  return point_of(JsonReader(document, file));
}

Json to_json(const SweepResult& sweep) {
  Json points = Json::array();
  for (const SweepPoint& point : sweep.points) points.push_back(point_to_json(point));
  Json by_capacity = Json::array();
  Json overall = nullptr;
  if (sweep.metric == SweepMetric::kSavedTime) {
    overall = most_saved_to_json(sweep);
  } else {
    overall = fewest_misses_to_json(sweep, by_capacity);
  }
  const Json margin = overall.is_null() ? Json(nullptr) : overall["margin"];
  Json document = {{"schema", kSchema},
                   {"schema_version", kSchemaVersion},
                   {"kind", "sweep"},
                   {"name", sweep.name},
                   {"status", name_of(sweep.status)},
                   {"reasons", sweep.reasons},
                   {"notes", sweep.notes},
                   {"trace", trace_to_json(sweep.trace)},
                   {"unit_size", sweep.unit_size},
                   {"design", sweep.design},
                   {"metric", name_of(sweep.metric)},
                   {"axes", axes_to_json(sweep.axes)},
                   {"recommendation", recommendation_to_json(sweep.recommendation)},
                   {"best", overall},
                   {"margin", margin},
                   {"best_by_capacity", std::move(by_capacity)},
                   {"curves", curves_to_json(sweep.curves)},
                   {"points", std::move(points)}};
  const Json summary = sweep_summary_to_json(sweep);
  for (const auto& [key, value] : summary.items()) document[key] = value;
  // Seeds and configs come from elsewhere as they are: a seed may use all of its 64 bits.
  Json exact = document;
  for (Json& point : exact["points"]) point.erase("seed"), point.erase("config");
  require_exact_integers(exact);
  document["manifest"] = parse_opaque(sweep.manifest, "manifest");
  return document;
}

SweepResult sweep_from_json(const Json& document, const std::string& file) {
  require_schema(document, file, "sweep");
  const JsonReader reader(document, file);
  SweepResult sweep{.name = reader.text_or("name", ""),
                    .status = status_from_json(reader),
                    .reasons = reader.texts("reasons"),
                    .manifest = reader.opaque("manifest"),
                    .trace = trace_from_json(reader.object("trace")),
                    .points = {}};
  reader.each("points", [&](const JsonReader& item) { sweep.points.push_back(point_of(item)); });
  read_optional(reader, sweep);
  return sweep;
}

std::string to_text(const SweepResult& sweep) {
  return to_json(sweep).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

SweepResult read_sweep(const std::string& path) {
  return sweep_from_json(read_json_file(path, ErrorKind::kInput), path);
}

}  // namespace cachebench::result

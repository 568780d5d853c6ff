// SPDX-License-Identifier: Apache-2.0
#include "result/json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "core/file.h"
#include "core/json_file.h"
#include "result/bounds_json.h"
#include "result/compression_json.h"
#include "result/findings.h"
#include "result/guards.h"
#include "result/json_reader.h"
#include "result/multimodal_json.h"
#include "result/pipeline_json.h"
#include "result/tier_check_json.h"
#include "result/totals_json.h"
#include "result/visual_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

Json trace_to_json(const TraceFacts& trace) {
  Json json = {
      {"name", trace.name},         {"sha256", trace.sha256},     {"requests", trace.requests},
      {"accesses", trace.accesses}, {"distinct", trace.distinct}, {"bytes_requested", trace.bytes_requested},
      {"bytes_distinct", nullptr},  {"format", trace.format},     {"lowering", trace.lowering}};
  if (trace.bytes_distinct) json["bytes_distinct"] = *trace.bytes_distinct;
  return json;
}

TraceFacts trace_from_json(const JsonReader& reader) {
  TraceFacts trace{.name = reader.text("name"),
                   .sha256 = reader.text("sha256"),
                   .requests = reader.count("requests"),
                   .accesses = reader.count("accesses"),
                   .distinct = reader.count("distinct"),
                   .bytes_requested = reader.count("bytes_requested"),
                   .bytes_distinct = std::nullopt,
                   .format = reader.text_or("format", ""),
                   .lowering = reader.text_or("lowering", "")};
  if (reader.has("bytes_distinct")) trace.bytes_distinct = reader.count("bytes_distinct");
  return trace;
}

Json tiers_to_json(const std::vector<TierResult>& tiers) {
  Json list = Json::array();
  for (const TierResult& tier : tiers) {
    list.push_back({{"name", tier.name},
                    {"device", tier.device},
                    {"capacity_bytes", tier.capacity_bytes},
                    {"peak_bytes", tier.peak_bytes},
                    {"peak_ratio", number_or_null(ratio_of(tier.peak_bytes, tier.capacity_bytes))},
                    {"accesses", tier.accesses},
                    {"hits", tier.hits},
                    {"misses", tier.misses},
                    {"hit_ratio", number_or_null(ratio_of(tier.hits, tier.accesses))},
                    {"evictions", tier.evictions},
                    {"promotions_in", tier.promotions_in},
                    {"demotions_in", tier.demotions_in},
                    {"bytes_read", tier.bytes_read},
                    {"bytes_written", tier.bytes_written},
                    {"eviction_policy", tier.eviction_policy},
                    {"admission_policy", tier.admission_policy},
                    {"facts", facts_to_json(tier.facts)}});
  }
  return list;
}

TierResult tier_from_json(const JsonReader& reader) {
  return {.name = reader.text("name"),
          .device = reader.text("device"),
          .capacity_bytes = reader.count("capacity_bytes"),
          .peak_bytes = reader.count("peak_bytes"),
          .accesses = reader.count("accesses"),
          .hits = reader.count("hits"),
          .misses = reader.count("misses"),
          .evictions = reader.count("evictions"),
          .promotions_in = reader.count("promotions_in"),
          .demotions_in = reader.count("demotions_in"),
          .bytes_read = reader.count("bytes_read"),
          .bytes_written = reader.count("bytes_written"),
          .eviction_policy = reader.text_or("eviction_policy", ""),
          .admission_policy = reader.text_or("admission_policy", ""),
          .facts = facts_from_json(reader, "facts")};
}

Json kinds_to_json(const RunResult& result) {
  Json object = Json::object();
  for (const auto& [name, kind] : kinds_in_order(result)) object[name] = kind_to_json(kind);
  return object;
}

Json latency_to_json(const std::map<std::string, LatencySummary>& latency) {
  Json object = Json::object();
  for (const auto& [name, summary] : latency) {
    Json buckets = Json::array();
    for (const auto& [value, count] : summary.buckets) buckets.push_back({value, count});
    object[name] = {{"basis", name_of(summary.basis)}, {"count", summary.count},
                    {"p50_ns", summary.p50_ns},        {"p90_ns", summary.p90_ns},
                    {"p99_ns", summary.p99_ns},        {"p999_ns", summary.p999_ns},
                    {"max_ns", summary.max_ns},        {"buckets", buckets}};
  }
  return object;
}

LatencySummary latency_from_json(const JsonReader& reader) {
  LatencySummary summary{.basis = Basis::kModelled,
                         .count = reader.count("count"),
                         .p50_ns = reader.integer("p50_ns"),
                         .p90_ns = reader.integer("p90_ns"),
                         .p99_ns = reader.integer("p99_ns"),
                         .p999_ns = reader.integer("p999_ns"),
                         .max_ns = reader.integer("max_ns"),
                         .buckets = {}};
  const std::string basis = reader.text("basis");
  bool known = false;
  for (const Basis candidate : {Basis::kMeasured, Basis::kModelled, Basis::kEmulated}) {
    if (basis != name_of(candidate)) continue;
    summary.basis = candidate;
    known = true;
  }
  if (!known) reader.complain("basis", fmt::format("is '{}', not measured, modelled or emulated", basis));
  if (reader.has("buckets")) {
    reader.pairs("buckets",
                 [&](std::int64_t value, std::uint64_t n) { summary.buckets.emplace_back(value, n); });
  }
  return summary;
}

Json model_check_to_json(const ModelCheck& check) {
  return {{"tier", check.tier},
          {"kind", check.kind},
          {"count", check.count},
          {"predicted_ns", check.predicted_ns},
          {"measured_ns", check.measured_ns},
          {"error_ratio", number_or_null(check.error_ratio())}};
}

Json model_checks_to_json(const std::vector<ModelCheck>& checks) {
  Json list = Json::array();
  for (const ModelCheck& check : checks) list.push_back(model_check_to_json(check));
  return list;
}

Json series_to_json(const std::vector<SeriesPoint>& series) {
  Json list = Json::array();
  for (const SeriesPoint& point : series) {
    list.push_back({{"t_ns", point.t_ns},
                    {"requests", point.requests},
                    {"accesses", point.accesses},
                    {"hits", point.hits},
                    {"covered", point.covered},
                    {"misses", point.misses},
                    {"hit_ratio", number_or_null(ratio_of(point.hits, point.hits + point.misses))},
                    {"evictions", point.evictions},
                    {"service_ns", point.service_ns},
                    {"used_bytes", point.used_bytes},
                    {"warmup", point.warmup}});
    if (!point.capacity_bytes.empty()) list.back()["capacity_bytes"] = point.capacity_bytes;
  }
  return list;
}

SeriesPoint series_from_json(const JsonReader& reader) {
  return {.t_ns = reader.integer("t_ns"),
          .requests = reader.count_or("requests", 0),
          .accesses = reader.count_or("accesses", 0),
          .hits = reader.count_or("hits", 0),
          .covered = reader.count_or("covered", 0),
          .misses = reader.count_or("misses", 0),
          .evictions = reader.count_or("evictions", 0),
          .service_ns = reader.has("service_ns") ? reader.integer("service_ns") : 0,
          .used_bytes = reader.has("used_bytes") ? reader.counts("used_bytes") : std::vector<std::uint64_t>{},
          .warmup = reader.has("warmup") && reader.flag("warmup"),
          .capacity_bytes =
              reader.has("capacity_bytes") ? reader.counts("capacity_bytes") : std::vector<std::uint64_t>{}};
}

Json links_to_json(const Links& links) {
  return {{"pcie_up_bytes", links.pcie_up_bytes},
          {"pcie_down_bytes", links.pcie_down_bytes},
          {"ssd_read_bytes", links.ssd_read_bytes},
          {"ssd_write_bytes", links.ssd_write_bytes}};
}

Json warmup_to_json(const Warmup& warmup) {
  return {{"requests", warmup.requests}, {"accesses", warmup.accesses}, {"hits", warmup.hits},
          {"covered", warmup.covered},   {"misses", warmup.misses},     {"elapsed_ns", warmup.elapsed_ns}};
}

Json faults_to_json(const Faults& faults) {
  return {{"injected", faults.injected},
          {"detected", faults.detected},
          {"recovered", faults.recovered},
          {"served_wrong", faults.served_wrong},
          {"lost", faults.lost}};
}

// Why each null of the totals is one. A null without a reason is a fact that was never known.
Json null_reasons(const RunResult& result) {
  Json reasons = Json::object();
  const Totals& totals = result.totals;
  if (!totals.hit_ratio()) reasons["totals.hit_ratio"] = "nothing was looked up";
  if (!totals.served_ratio()) reasons["totals.served_ratio"] = "no access";
  if (!totals.byte_hit_ratio()) reasons["totals.byte_hit_ratio"] = "no bytes were requested";
  if (!totals.accesses_per_second()) reasons["totals.accesses_per_second"] = "no time was measured";
  if (!result.trace.bytes_distinct) reasons["trace.bytes_distinct"] = "not counted";
  return reasons;
}

Json causes_to_json(const MissCauses& causes) {
  Json object = Json::object();
  for (const auto& [name, field] : kMissCauseFields) object[name] = causes.*field;
  return object;
}

Json cause_ratios_to_json(const RunResult& result) {
  Json object = Json::object();
  for (const auto& [name, field] : kMissCauseFields) {
    object[name] = number_or_null(ratio_of(result.misses_by_cause.*field, result.totals.misses));
  }
  return object;
}

// The keys that later minor versions added, or that only some runs have.
void read_optional(const JsonReader& reader, RunResult& result) {
  result.name = reader.text_or("name", "");
  result.mode = reader.text_or("mode", "");
  result.decision_log_hash = reader.text_or("decision_log_hash", "");
  if (reader.has("notes")) result.notes = reader.texts("notes");
  if (reader.has("model_check")) {
    reader.each("model_check", [&](const JsonReader& item) {
      result.model_check.push_back({.tier = item.text("tier"),
                                    .kind = item.text("kind"),
                                    .count = item.count("count"),
                                    .predicted_ns = item.integer("predicted_ns"),
                                    .measured_ns = item.integer("measured_ns")});
    });
  }
  result.tier_checks = tier_checks_from_json(reader);
  if (reader.has("series")) {
    reader.each("series", [&](const JsonReader& item) { result.series.push_back(series_from_json(item)); });
  }
  if (reader.has("links")) {
    const JsonReader links = reader.object("links");
    result.links = {.pcie_up_bytes = links.count("pcie_up_bytes"),
                    .pcie_down_bytes = links.count("pcie_down_bytes"),
                    .ssd_read_bytes = links.count("ssd_read_bytes"),
                    .ssd_write_bytes = links.count("ssd_write_bytes")};
  }
  if (reader.has("warmup")) {
    const JsonReader warmup = reader.object("warmup");
    result.warmup = {.requests = warmup.count("requests"),
                     .accesses = warmup.count("accesses"),
                     .hits = warmup.count("hits"),
                     .covered = warmup.count("covered"),
                     .misses = warmup.count("misses"),
                     .elapsed_ns = warmup.integer("elapsed_ns")};
  }
  result.migration_facts = facts_from_json(reader, "migration_facts");
  result.prefetch_facts = facts_from_json(reader, "prefetch_facts");
  if (reader.has("prefetch")) result.prefetch = prefetch_from_json(reader.object("prefetch"));
  if (reader.has("bounds")) result.bounds = bounds_from_json(reader.object("bounds"));
  if (reader.has("multimodal")) result.multimodal = multimodal_from_json(reader.object("multimodal"));
  if (reader.has("compression")) result.compression = compression_from_json(reader.object("compression"));
  if (reader.has("hashing")) result.hashing = hashing_from_json(reader.object("hashing"));
  if (reader.has("pipeline")) result.pipeline = pipeline_from_json(reader.object("pipeline"));
  if (reader.has("visual")) result.visual = visual_from_json(reader.object("visual"));
  if (reader.has("faults")) {
    const JsonReader faults = reader.object("faults");
    result.faults = Faults{.injected = faults.count("injected"),
                           .detected = faults.count("detected"),
                           .recovered = faults.count("recovered"),
                           .served_wrong = faults.count("served_wrong"),
                           .lost = faults.count("lost")};
  }
}

}  // namespace

Json to_json(const RunResult& result) {
  Json document = {{"schema", kSchema},
                   {"schema_version", kSchemaVersion},
                   {"kind", "run"},
                   {"name", result.name},
                   {"mode", result.mode},
                   {"status", name_of(result.status)},
                   {"reasons", result.reasons},
                   {"findings", findings(result)},
                   {"notes", result.notes},
                   {"warnings", guards(result)},
                   {"trace", trace_to_json(result.trace)},
                   {"totals", totals_to_json(result.totals)},
                   {"null_reasons", null_reasons(result)},
                   {"tiers", tiers_to_json(result.tiers)},
                   {"kinds", kinds_to_json(result)},
                   {"misses_by_cause", causes_to_json(result.misses_by_cause)},
                   {"miss_cause_ratios", cause_ratios_to_json(result)},
                   {"links", links_to_json(result.links)},
                   {"latency", latency_to_json(result.latency)},
                   {"model_check", model_checks_to_json(result.model_check)},
                   {"model_check_overall", model_check_to_json(overall(result.model_check))},
                   {"model_check_tiers", tier_checks_to_json(result.tier_checks)},
                   {"warmup", warmup_to_json(result.warmup)},
                   {"series", series_to_json(result.series)},
                   {"decision_log_hash", result.decision_log_hash},
                   {"migration_facts", facts_to_json(result.migration_facts)},
                   {"prefetch_facts", facts_to_json(result.prefetch_facts)}};
  if (result.bounds) document["bounds"] = bounds_to_json(*result.bounds, result.totals);
  if (result.prefetch) document["prefetch"] = prefetch_to_json(*result.prefetch);
  if (result.multimodal) document["multimodal"] = multimodal_to_json(*result.multimodal);
  if (result.compression) document["compression"] = compression_to_json(*result.compression);
  if (result.hashing) document["hashing"] = hashing_to_json(*result.hashing);
  if (result.pipeline) document["pipeline"] = pipeline_to_json(*result.pipeline);
  if (result.visual) document["visual"] = visual_to_json(*result.visual);
  if (result.faults) document["faults"] = faults_to_json(*result.faults);
  // What comes from elsewhere as it is (a seed may use all of its 64 bits) is not held to exact integers.
  require_exact_integers(document);
  document["config"] = parse_opaque(result.config, "config");
  document["manifest"] = parse_opaque(result.manifest, "manifest");
  return document;
}

RunResult from_json(const Json& document, const std::string& file) {
  require_schema(document, file, "run");
  const JsonReader reader(document, file);
  RunResult result;
  result.status = status_from_json(reader);
  result.reasons = reader.texts("reasons");
  result.manifest = reader.opaque("manifest");
  result.config = reader.opaque("config");
  result.trace = trace_from_json(reader.object("trace"));
  result.totals = totals_from_json(reader.object("totals"));
  reader.each("tiers", [&](const JsonReader& item) { result.tiers.push_back(tier_from_json(item)); });
  reader.members("kinds", [&](const std::string& name, const JsonReader& item) {
    result.kinds[name] = kind_from_json(item);
  });
  const JsonReader causes = reader.object("misses_by_cause");
  for (const auto& [name, field] : kMissCauseFields) result.misses_by_cause.*field = causes.count(name);
  reader.members("latency", [&](const std::string& name, const JsonReader& item) {
    result.latency[name] = latency_from_json(item);
  });
  read_optional(reader, result);
  return result;
}

std::string to_text(const RunResult& result) {
  // Invalid UTF-8 in names is replaced, so that a hostile file name cannot stop a result from being written.
  return to_json(result).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

RunResult read_result(const std::string& path) {
  return from_json(read_json_file(path, ErrorKind::kInput), path);
}

void write_result(const std::string& path, const RunResult& result) {
  write_file(path, to_text(result));
}

std::vector<std::string> broken_identities(const RunResult& result) {
  std::vector<std::string> broken;
  const auto expect = [&](std::uint64_t got, std::uint64_t wanted, const char* what) {
    if (got != wanted) broken.push_back(fmt::format("{}: {}, not {}", what, got, wanted));
  };
  const Totals& totals = result.totals;
  expect(totals.hits + totals.covered + totals.misses, totals.accesses,
         "hits + covered + misses of the totals");
  std::uint64_t tier_hits = 0;
  for (const TierResult& tier : result.tiers) {
    tier_hits += tier.hits;
    expect(tier.hits + tier.misses, tier.accesses, ("hits + misses of tier " + tier.name).c_str());
    if (tier.peak_bytes > tier.capacity_bytes) {
      broken.push_back(fmt::format("tier {}: peak {} over its budget {}", tier.name, tier.peak_bytes,
                                   tier.capacity_bytes));
    }
  }
  expect(tier_hits, totals.hits, "hits summed over tiers");
  std::uint64_t kind_accesses = 0;
  for (const auto& [name, kind] : result.kinds) {
    kind_accesses += kind.accesses;
    expect(kind.hits + kind.covered + kind.misses, kind.accesses,
           ("hits + covered + misses of " + name).c_str());
  }
  expect(kind_accesses, totals.accesses, "accesses summed over kinds");
  std::uint64_t causes = 0;
  for (const auto& [name, field] : kMissCauseFields) causes += result.misses_by_cause.*field;
  expect(causes, totals.misses, "misses summed over causes");
  if (result.prefetch) {
    PrefetchAmount ended;
    for (const auto& [name, field] : kPrefetchEnds) {
      ended.count += (*result.prefetch.*field).count;
      ended.bytes += (*result.prefetch.*field).bytes;
    }
    expect(ended.count, result.prefetch->issued.count, "prefetches summed over how they ended");
    expect(ended.bytes, result.prefetch->issued.bytes, "prefetched bytes summed over how they ended");
  }
  if (result.multimodal) {
    for (std::string& line : check_multimodal(*result.multimodal, result.totals.similar_hits))
      broken.push_back(std::move(line));
  }
  if (result.compression) {
    for (std::string& line : check_compression(*result.compression)) broken.push_back(std::move(line));
  }
  if (result.pipeline) {
    for (std::string& line : check_pipeline(*result.pipeline)) broken.push_back(std::move(line));
  }
  if (result.visual) {
    for (std::string& line : check_visual(*result.visual)) broken.push_back(std::move(line));
  }
  return broken;
}

}  // namespace cachebench::result

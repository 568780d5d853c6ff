// SPDX-License-Identifier: Apache-2.0
// Prometheus' text exposition format 0.0.4: counters end in _total, base units (seconds, bytes). Not
// OpenMetrics, where a gauge `x` and a counter `x_total` cannot stand side by side, as the visual registry's
// do; "# EOF" is a comment here. Absent ratios are left out.
#include <fmt/format.h>

#include <array>
#include <functional>
#include <string_view>

#include "report/report.h"

namespace cachebench::report {
namespace {

using result::RunResult;

std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

/// One metric family: its header, then its samples.
class Family {
 public:
  Family(std::string& out, std::string_view name, std::string_view type, std::string_view help)
      : out_(out), name_(fmt::format("{}{}", name, type == "counter" ? "_total" : "")) {
    out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name_, help, name_, type);
  }
  /// `labels` as in `tier="L1"`; may be empty.
  template <typename Value>
  void sample(const std::string& labels, Value value) {
    const std::string braces = labels.empty() ? "" : "{" + labels + "}";
    out_ += fmt::format("{}{} {}\n", name_, braces, value);
  }
  void raw(const std::string& suffix, const std::string& labels, std::uint64_t value) {
    out_ += fmt::format("{}{}{{{}}} {}\n", name_, suffix, labels, value);
  }

 private:
  std::string& out_;
  std::string name_;
};

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

void add_totals(const RunResult& result, std::string& out) {
  const result::Totals& totals = result.totals;
  Family(out, "cachebench_run_info", "gauge", "What ran; always 1.")
      .sample(fmt::format("name=\"{}\",mode=\"{}\",status=\"{}\",trace=\"{}\"", label(result.name),
                          label(result.mode), result::name_of(result.status), label(result.trace.name)),
              1);
  Family(out, "cachebench_requests", "counter", "Requests replayed.").sample("", totals.requests);
  Family accesses(out, "cachebench_accesses", "counter", "Accesses by outcome.");
  accesses.sample("outcome=\"hit\"", totals.hits);
  accesses.sample("outcome=\"covered\"", totals.covered);
  accesses.sample("outcome=\"miss\"", totals.misses);
  Family misses(out, "cachebench_misses", "counter", "Misses by cause.");
  for (const auto& [name, field] : result::kMissCauseFields) {
    misses.sample(fmt::format("cause=\"{}\"", name), result.misses_by_cause.*field);
  }
  if (const auto ratio = totals.hit_ratio()) {
    Family(out, "cachebench_hit_ratio", "gauge", "hits / (hits + misses).").sample("", *ratio);
  }
  if (const auto ratio = totals.served_ratio()) {
    Family(out, "cachebench_served_ratio", "gauge", "(hits + covered) / accesses.").sample("", *ratio);
  }
  Family(out, "cachebench_requested_bytes", "counter", "Nominal bytes requested.")
      .sample("", totals.bytes_requested);
  Family(out, "cachebench_hit_bytes", "counter", "Nominal bytes of hits.").sample("", totals.bytes_hit);
  Family(out, "cachebench_verified_bytes", "counter", "Bytes compared with what was stored.")
      .sample("", totals.verified_bytes);
  Family(out, "cachebench_wrong_bytes", "counter", "Bytes that differed from what was stored.")
      .sample("", totals.wrong_bytes);
  Family(out, "cachebench_saved_seconds", "gauge", "Time the cache saved, modelled.")
      .sample("basis=\"modelled\"", seconds(totals.saved_ns));
  Family(out, "cachebench_service_seconds", "gauge", "Service time of all accesses, modelled.")
      .sample("basis=\"modelled\"", seconds(totals.service_ns));
  Family(out, "cachebench_elapsed_seconds", "gauge", "Wall time, measured.")
      .sample("basis=\"measured\"", seconds(totals.elapsed_ns));
}

struct TierMetric {
  const char* name;
  const char* type;
  const char* help;
  std::uint64_t result::TierResult::*field;
};

constexpr TierMetric kTierMetrics[] = {
    {"cachebench_tier_accesses", "counter", "Look-ups that reached the tier.", &result::TierResult::accesses},
    {"cachebench_tier_hits", "counter", "Look-ups the tier served.", &result::TierResult::hits},
    {"cachebench_tier_evictions", "counter", "Copies that left the tier to make room.",
     &result::TierResult::evictions},
    {"cachebench_tier_promotions", "counter", "Copies written from a lower tier.",
     &result::TierResult::promotions_in},
    {"cachebench_tier_demotions", "counter", "Copies written from a higher tier.",
     &result::TierResult::demotions_in},
    {"cachebench_tier_read_bytes", "counter", "Nominal bytes read.", &result::TierResult::bytes_read},
    {"cachebench_tier_written_bytes", "counter", "Nominal bytes written.",
     &result::TierResult::bytes_written},
    {"cachebench_tier_capacity_bytes", "gauge", "Budget of the tier.", &result::TierResult::capacity_bytes},
    {"cachebench_tier_peak_bytes", "gauge", "Most bytes the tier held.", &result::TierResult::peak_bytes},
};

void add_tiers(const RunResult& result, std::string& out) {
  for (const TierMetric& metric : kTierMetrics) {
    Family family(out, metric.name, metric.type, metric.help);
    for (const result::TierResult& tier : result.tiers) {
      family.sample(fmt::format("tier=\"{}\",device=\"{}\"", label(tier.name), label(tier.device)),
                    tier.*metric.field);
    }
  }
}

void add_kinds(const RunResult& result, std::string& out) {
  Family family(out, "cachebench_kind_accesses", "counter", "Accesses by kind of artefact and outcome.");
  for (const auto& [name, kind] : result::kinds_in_order(result)) {
    const std::string at = fmt::format("kind=\"{}\",outcome=", label(name));
    family.sample(at + "\"hit\"", kind.hits);
    family.sample(at + "\"covered\"", kind.covered);
    family.sample(at + "\"miss\"", kind.misses);
  }
}

void add_latency(const RunResult& result, std::string& out) {
  Family family(out, "cachebench_latency_seconds", "summary",
                "Latency by tier or stage; basis says where from.");
  for (const auto& [name, summary] : result.latency) {
    const std::string at =
        fmt::format("stage=\"{}\",basis=\"{}\"", label(name), result::name_of(summary.basis));
    family.sample(at + ",quantile=\"0.5\"", seconds(summary.p50_ns));
    family.sample(at + ",quantile=\"0.9\"", seconds(summary.p90_ns));
    family.sample(at + ",quantile=\"0.99\"", seconds(summary.p99_ns));
    family.sample(at + ",quantile=\"0.999\"", seconds(summary.p999_ns));
    family.sample(at + ",quantile=\"1\"", seconds(summary.max_ns));
    family.raw("_count", at, summary.count);
  }
}

struct VisualMetric {
  const char* name;
  const char* help;
  std::uint64_t result::Visual::*field;
};

// What only grows: a gauge by the source document's name where it has one, and a counter.
constexpr VisualMetric kVisualCounters[] = {
    {"visual_cache_hits", "Look-ups that the visual registry served.", &result::Visual::hits},
    {"visual_cache_misses", "Look-ups that it did not.", &result::Visual::misses},
    {"visual_vram_saved_bytes", "Embeddings of hits.", &result::Visual::vram_saved_bytes},
    {"dp_mode_recommendations", "Batches for which a data-parallel vision encoder was recommended.",
     &result::Visual::dp_mode_recommendations},
};
constexpr VisualMetric kFurtherVisualCounters[] = {
    {"dp_mode_refusals", "Batches for which it was not.", &result::Visual::dp_mode_refusals},
    {"visual_cache_stored", "Embeddings stored.", &result::Visual::stored},
    {"visual_cache_evictions", "Embeddings evicted.", &result::Visual::evictions},
    {"visual_cache_refusals", "Stores refused.", &result::Visual::refusals},
};
constexpr VisualMetric kVisualGauges[] = {
    {"visual_cache_entries", "Embeddings in the visual registry.", &result::Visual::entries},
    {"visual_cache_used_bytes", "Their bytes.", &result::Visual::used_bytes},
    {"visual_cache_peak_bytes", "Most bytes it held.", &result::Visual::peak_bytes},
    {"visual_cache_limit_bytes", "Bytes it may hold.", &result::Visual::max_vram_bytes},
    {"visual_cache_limit_entries", "Embeddings it may hold.", &result::Visual::max_entries},
};

void add_visual(const RunResult& result, std::string& out) {
  if (!result.visual) return;
  const result::Visual& visual = *result.visual;
  for (const VisualMetric& metric : kVisualCounters) {
    Family(out, metric.name, "gauge", metric.help).sample("", visual.*metric.field);
    Family(out, metric.name, "counter", metric.help).sample("", visual.*metric.field);
  }
  for (const VisualMetric& metric : kFurtherVisualCounters)
    Family(out, metric.name, "counter", metric.help).sample("", visual.*metric.field);
  for (const VisualMetric& metric : kVisualGauges)
    Family(out, metric.name, "gauge", metric.help).sample("", visual.*metric.field);
  Family(out, "visual_cache_hit_rate", "gauge", "hits / (hits + misses); 0 before the first look-up.")
      .sample("", visual.hit_rate().value_or(0.0));
  Family lookups(out, "visual_cache_lookups", "counter", "Look-ups by modality and outcome.");
  for (const auto& [name, counts] : visual.modalities) {
    const std::string at = fmt::format("modality=\"{}\",outcome=", label(name));
    lookups.sample(at + "\"hit\"", counts.hits);
    lookups.sample(at + "\"miss\"", counts.misses);
  }
}

std::string render_prometheus(const RunResult& result) {
  std::string out;
  add_totals(result, out);
  add_tiers(result, out);
  add_kinds(result, out);
  add_latency(result, out);
  add_visual(result, out);
  return out + "# EOF\n";
}

struct PointMetric {
  const char* name;
  const char* type;
  const char* help;
  std::function<double(const result::SweepPoint&)> value;
};

const std::array<PointMetric, 5>& point_metrics() {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  static const std::array<PointMetric, 5> kMetrics{{
      {"cachebench_sweep_accesses", "counter", "Accesses of a point.",
       [=](const result::SweepPoint& point) { return number(point.totals.accesses); }},
      {"cachebench_sweep_misses", "counter", "Misses of a point.",
       [=](const result::SweepPoint& point) { return number(point.totals.misses); }},
      {"cachebench_sweep_evictions", "counter", "Evictions of a point.",
       [=](const result::SweepPoint& point) { return number(point.totals.evictions); }},
      {"cachebench_sweep_saved_seconds", "gauge", "Time the cache saved, modelled.",
       [](const result::SweepPoint& point) { return seconds(point.totals.saved_ns); }},
      {"cachebench_sweep_elapsed_seconds", "gauge", "Wall time of a point, measured.",
       [](const result::SweepPoint& point) { return point.seconds; }},
  }};
  return kMetrics;
}

std::string render_sweep(const result::SweepResult& sweep) {
  std::string out;
  Family(out, "cachebench_sweep_info", "gauge", "What was swept; always 1.")
      .sample(fmt::format("name=\"{}\",status=\"{}\",trace=\"{}\"", label(sweep.name),
                          result::name_of(sweep.status), label(sweep.trace.name)),
              1);
  for (const PointMetric& metric : point_metrics()) {
    Family family(out, metric.name, metric.type, metric.help);
    for (std::size_t i = 0; i < sweep.points.size(); ++i) {
      const result::SweepPoint& point = sweep.points[i];
      family.sample(
          fmt::format("point=\"{}\",policy=\"{}\",capacity=\"{}\"", i, label(point.policy), point.capacity),
          metric.value(point));
    }
  }
  return out + "# EOF\n";
}

CACHEBENCH_REGISTER(ReportDescriptor, {.name = "prometheus",
                                       .extension = "prom",
                                       .doc = "Prometheus text exposition, for a scrape or a metrics file",
                                       .render = render_prometheus,
                                       .render_sweep = render_sweep});

}  // namespace
}  // namespace cachebench::report

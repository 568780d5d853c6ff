// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <vector>

#include "report/html_page.h"
#include "report/html_parts.h"
#include "report/markup.h"

namespace cachebench::report {
namespace {

using result::ratio_of;
using result::RunResult;

// How full a tier got, drawn; the number stands beside it.
std::string meter(std::optional<double> ratio) {
  if (!ratio) return "";
  return fmt::format(
      "<span class=\"meter\" aria-hidden=\"true\"><span style=\"width:{:.0f}%\"></span></span>",
      *ratio * 100.0);
}

std::string device_mark(const std::string& device, const std::string& path) {
  const std::string name = text_figure("span", path, device);
  if (device == "emulated") return basis_mark("emulated");
  return name;
}

Table tier_table(const RunResult& result) {
  Table table{.caption = "Tiers, uppermost first; bytes are nominal",
              .columns = {"Tier", "Device", "Capacity", "Peak", "Look-ups", "Hits", "Hit ratio", "Misses",
                          "Evictions", "Promoted in", "Demoted in", "Read", "Written"},
              .rows = {},
              .word_columns = 2};
  for (std::size_t i = 0; i < result.tiers.size(); ++i) {
    const result::TierResult& tier = result.tiers[i];
    const std::string at = pointer("/tiers", i);
    const auto full = ratio_of(tier.peak_bytes, tier.capacity_bytes);
    table.rows.push_back(
        {text_figure("span", at + "/name", tier.name), device_mark(tier.device, at + "/device"),
         bytes_figure(at + "/capacity_bytes", tier.capacity_bytes),
         meter(full) + share_figure(at + "/peak_ratio", full), count_figure(at + "/accesses", tier.accesses),
         count_figure(at + "/hits", tier.hits),
         share_figure(at + "/hit_ratio", ratio_of(tier.hits, tier.accesses)),
         count_figure(at + "/misses", tier.misses), count_figure(at + "/evictions", tier.evictions),
         count_figure(at + "/promotions_in", tier.promotions_in),
         count_figure(at + "/demotions_in", tier.demotions_in),
         bytes_figure(at + "/bytes_read", tier.bytes_read),
         bytes_figure(at + "/bytes_written", tier.bytes_written)});
  }
  return table;
}

Table link_table(const RunResult& result) {
  const result::Links& links = result.links;
  return {.caption = "Nominal bytes over each link, foreground and background",
          .columns = {"Link", "Bytes"},
          .rows = {{"host to device", bytes_figure("/links/pcie_up_bytes", links.pcie_up_bytes)},
                   {"device to host", bytes_figure("/links/pcie_down_bytes", links.pcie_down_bytes)},
                   {"SSD reads", bytes_figure("/links/ssd_read_bytes", links.ssd_read_bytes)},
                   {"SSD writes", bytes_figure("/links/ssd_write_bytes", links.ssd_write_bytes)}}};
}

bool moved_anything(const result::Links& links) {
  return links.pcie_up_bytes + links.pcie_down_bytes + links.ssd_read_bytes + links.ssd_write_bytes > 0;
}

Table latency_table(const RunResult& result) {
  Table table{.caption = "Latency; where each figure comes from stands beside it",
              .columns = {"Where", "Basis", "Count", "p50", "p90", "p99", "p99.9", "Maximum"},
              .rows = {},
              .word_columns = 2};
  for (const auto& [name, summary] : result.latency) {
    const std::string at = pointer("/latency", name);
    table.rows.push_back(
        {"<span data-name>" + words(name) + "</span>", basis_mark(result::name_of(summary.basis)),
         count_figure(at + "/count", summary.count), time_figure(at + "/p50_ns", summary.p50_ns),
         time_figure(at + "/p90_ns", summary.p90_ns), time_figure(at + "/p99_ns", summary.p99_ns),
         time_figure(at + "/p999_ns", summary.p999_ns), time_figure(at + "/max_ns", summary.max_ns)});
  }
  return table;
}

Table series_table(const RunResult& result) {
  Table table{.caption = "Intervals of the run; counts are of the interval, levels are at its end",
              .columns = {"Until", "Phase", "Accesses", "Hits", "Covered", "Misses", "Hit ratio", "Evictions",
                          "Service (modelled)"},
              .rows = {}};
  for (const result::TierResult& tier : result.tiers) {
    table.columns.push_back("<span data-name>" + escape_html(tier.name) + "</span> used");
  }
  for (std::size_t i = 0; i < result.series.size(); ++i) {
    const result::SeriesPoint& point = result.series[i];
    const std::string at = pointer("/series", i);
    std::vector<std::string> row = {
        time_figure(at + "/t_ns", point.t_ns),
        point.warmup ? "warm-up" : "measured part",
        count_figure(at + "/accesses", point.accesses),
        count_figure(at + "/hits", point.hits),
        count_figure(at + "/covered", point.covered),
        count_figure(at + "/misses", point.misses),
        share_figure(at + "/hit_ratio", ratio_of(point.hits, point.hits + point.misses)),
        count_figure(at + "/evictions", point.evictions),
        time_figure(at + "/service_ns", point.service_ns)};
    for (std::size_t tier = 0; tier < result.tiers.size(); ++tier) {
      const bool known = tier < point.used_bytes.size();
      row.push_back(known ? bytes_figure(pointer(at + "/used_bytes", tier), point.used_bytes[tier]) : "–");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<std::string> check_row(const result::ModelCheck& check, const std::string& at,
                                   result::Basis basis) {
  return {text_figure("span", at + "/tier", check.tier),
          "<span data-name>" + words(check.kind) + "</span>",
          count_figure(at + "/count", check.count),
          time_figure(at + "/predicted_ns", check.predicted_ns),
          time_figure(at + "/measured_ns", check.measured_ns),
          basis_mark(result::name_of(basis)),
          share_figure(at + "/error_ratio", check.error_ratio())};
}

std::string warmup_sentence(const RunResult& result) {
  const result::Warmup& warmup = result.warmup;
  if (warmup.accesses == 0)
    return "<p class=\"lead\">No warm-up: the caches started empty, and every access counts.</p>\n";
  return fmt::format(
      "<p class=\"lead\">The warm-up, shaded, is in no other count: {} requests, {} accesses, {} hits, {} "
      "covered, {} "
      "misses.</p>\n",
      count_figure("/warmup/requests", warmup.requests), count_figure("/warmup/accesses", warmup.accesses),
      count_figure("/warmup/hits", warmup.hits), count_figure("/warmup/covered", warmup.covered),
      count_figure("/warmup/misses", warmup.misses));
}

}  // namespace

std::string tiers_section(const RunResult& result) {
  std::string body = card((result.totals.accesses > 0 ? chart("flow") : "") + scrolled(tier_table(result)));
  body += "<h3>Bytes over the links</h3>\n";
  body += card((moved_anything(result.links) ? chart("links") : "") + scrolled(link_table(result)));
  return section(
      "tiers", "Tiers and links",
      "Where accesses ended. A look-up that misses a tier goes on to the next; what misses all is computed. "
      "An access is covered when something derived from it was a hit; what lies behind a gap in a prefix "
      "chain is "
      "computed without a look-up.",
      body);
}

std::string kinds_section(const RunResult& result) {
  Table table{.caption = "Outcome by kind of artefact; saved time is modelled",
              .columns = {"Kind", "Accesses", "Hits", "Covered", "Misses", "Hit ratio", "Served", "Requested",
                          "Saved"},
              .rows = {}};
  for (const auto& [name, kind] : result::kinds_in_order(result)) {
    const std::string at = pointer("/kinds", name);
    table.rows.push_back(
        {"<span data-name>" + words(name) + "</span>", count_figure(at + "/accesses", kind.accesses),
         count_figure(at + "/hits", kind.hits), count_figure(at + "/covered", kind.covered),
         count_figure(at + "/misses", kind.misses),
         share_figure(at + "/hit_ratio", ratio_of(kind.hits, kind.hits + kind.misses)),
         share_figure(at + "/served_ratio", ratio_of(kind.hits + kind.covered, kind.accesses)),
         bytes_figure(at + "/bytes_requested", kind.bytes_requested),
         time_figure(at + "/saved_ns", kind.saved_ns)});
  }
  return section(
      "kinds", "Hit ratio by kind",
      "Each bar is all accesses to one kind of artefact. The hit ratio leaves covered ones out; the served "
      "ratio counts them.",
      card((result.kinds.empty() ? "" : chart("kinds")) + scrolled(table)));
}

std::string misses_section(const RunResult& result) {
  Table table{
      .caption = "Misses by cause; every miss has one", .columns = {"Cause", "Misses", "Share"}, .rows = {}};
  for (const auto& [name, field] : result::kMissCauseFields) {
    const std::uint64_t count = result.misses_by_cause.*field;
    table.rows.push_back(
        {words(name), count_figure(pointer("/misses_by_cause", name), count),
         share_figure(pointer("/miss_cause_ratios", name), ratio_of(count, result.totals.misses))});
  }
  return section("misses", "Misses by cause",
                 "Cold misses no cache avoids; capacity misses a larger tier or a better policy may.",
                 card((result.totals.misses > 0 ? chart("causes") : "") + scrolled(table)));
}

std::string latency_section(const RunResult& result) {
  bool drawn = false;
  for (const auto& item : result.latency) drawn = drawn || item.second.count > 0;
  const std::string body = result.latency.empty()
                               ? "<p>No latency was recorded.</p>\n"
                               : card((drawn ? chart("latency") : "") + scrolled(latency_table(result)));
  return section(
      "latency", "Latency",
      "Each further nine of the percentile takes the same room, so the tail is as wide as the body. Solid "
      "lines are measured, dashed ones emulated, dotted ones modelled.",
      body);
}

std::string series_section(const RunResult& result) {
  std::string body = warmup_sentence(result);
  if (result.series.empty()) {
    body += "<p>No intervals were recorded.</p>\n";
  } else {
    body +=
        card(chart("progress") + "<details><summary>All intervals as a table</summary><div class=\"tall\">" +
             html_of(series_table(result)) + "</div></details>\n");
    body += "<h3>How full the tiers were</h3>\n" + card(chart("occupancy"));
  }
  return section("time", "Over time",
                 "On the time line that decisions read: service times summed, or recorded arrivals.", body);
}

std::string model_section(const RunResult& result) {
  constexpr const char* kTitle = "Modelled against measured";
  if (result.model_check.empty()) {
    return section(
        "model", kTitle,
        "Nothing was timed access by access, so there is no measurement to hold the model against.", "");
  }
  Table table{.caption = "Mean service time of an access; modelled and by the clock",
              .columns = {"Served by", "Kind", "Accesses", "Modelled", "By the clock", "Basis of the clock",
                          "Difference"},
              .rows = {},
              .word_columns = 2};
  for (std::size_t i = 0; i < result.model_check.size(); ++i) {
    const result::ModelCheck& check = result.model_check[i];
    table.rows.push_back(check_row(check, pointer("/model_check", i), clock_basis(result, check.tier)));
  }
  table.rows.push_back(
      check_row(result::overall(result.model_check), "/model_check_overall", overall_clock_basis(result)));
  return section(
      "model", kTitle,
      "What the cost model predicted beside what the clock said, for the mean access of each tier and kind. "
      "The nearer the two marks, the better the model.",
      card(chart("model") + scrolled(table)));
}

}  // namespace cachebench::report

// SPDX-License-Identifier: Apache-2.0
#include "report/policy_sections.h"

#include <fmt/format.h>

#include <map>

#include "report/html_parts.h"
#include "report/markup.h"
#include "result/findings.h"

namespace cachebench::report {
namespace {

using result::RunResult;

std::string optional_time(const std::string& path, std::optional<std::int64_t> ns) {
  return ns ? time_figure(path, *ns) : "–";
}

Table bounds_table(const RunResult& result) {
  const result::Bounds& bounds = *result.bounds;
  Table table{.caption = "What was reached beside what could be; times are modelled",
              .columns = {"", "Reached", "Bound", "Left"},
              .rows = {{"Time saved", time_figure("/totals/saved_ns", result.totals.saved_ns),
                        optional_time("/bounds/saved_ns", bounds.saved_ns),
                        share_figure("/bounds/regret_ratio", bounds.regret_ratio(result.totals))},
                       {"Time saved, with an endless first tier",
                        time_figure("/totals/saved_ns", result.totals.saved_ns),
                        optional_time("/bounds/infinite_saved_ns", bounds.infinite_saved_ns), "–"}}};
  if (bounds.belady_misses) {
    table.rows.push_back({"Misses, with the future known",
                          count_figure("/totals/misses", result.totals.misses),
                          count_figure("/bounds/belady_misses", *bounds.belady_misses), "–"});
  }
  table.rows.push_back({"Misses that no cache avoids", count_figure("/totals/misses", result.totals.misses),
                        count_figure("/bounds/compulsory_misses", bounds.compulsory_misses), "–"});
  return table;
}

std::string worth_table(const result::Bounds& bounds) {
  if (bounds.worth_ns_per_byte.empty()) return "";
  Table table{.caption = "What another byte of a tier would add to the bound, to first order (modelled)",
              .columns = {"Tier", "Saved time more"},
              .rows = {}};
  for (const auto& [tier, worth] : bounds.worth_ns_per_byte) {
    const std::string path = pointer("/bounds/worth_ns_per_byte", tier);
    table.rows.push_back({"<span data-name>" + escape_html(tier) + "</span>",
                          number_figure(path, worth,
                                        worth > 0 ? fmt::format("{:.3g} ns a byte", worth)
                                                  : std::string("none: its size does not bind"))});
  }
  return scrolled(table);
}

std::string reached_sentence(const RunResult& result) {
  const auto reachable = result.bounds->reachable_ratio(result.totals);
  if (!reachable) return "";
  return fmt::format(" Of all accesses that some cache could have served, {} were served.",
                     share_figure("/bounds/reachable_ratio", reachable));
}

void add_facts(const std::map<std::string, double>& facts, const std::string& whose, const std::string& path,
               Table& table) {
  for (const auto& [name, value] : facts) {
    table.rows.push_back({whose, "<span data-name>" + words(name) + "</span>",
                          number_figure(pointer(path, name), value, fmt::format("{:.6g}", value))});
  }
}

}  // namespace

std::string bounds_section(const RunResult& result) {
  if (!result.bounds) return "";
  const result::Bounds& bounds = *result.bounds;
  const bool drawn = bounds.saved_ns || bounds.infinite_saved_ns;
  std::string body =
      card((drawn ? chart("bounds") : "") + scrolled(bounds_table(result)) + worth_table(bounds));
  if (!bounds.notes.empty()) {
    body += "<p class=\"lead\">What loosens the bound here:</p>" + text_list(bounds.notes, "/bounds/notes");
  }
  return section(
      "bounds", "How far from the optimum",
      fmt::format("Bounds see the future; no policy has to reach them. Method of the bound on saved "
                  "time: {}.{}",
                  bounds.method.empty() ? "none" : text_figure("span", "/bounds/method", bounds.method),
                  reached_sentence(result)),
      body);
}

std::string prefetch_section(const RunResult& result) {
  if (!result.prefetch) return "";
  Table table{.caption = "What became of every prefetch; the parts sum to those issued",
              .columns = {"End", "Prefetches", "Bytes"},
              .rows = {{"issued", count_figure("/prefetch/issued/count", result.prefetch->issued.count),
                        bytes_figure("/prefetch/issued/bytes", result.prefetch->issued.bytes)}}};
  for (const auto& [name, field] : result::kPrefetchEnds) {
    const result::PrefetchAmount& amount = *result.prefetch.*field;
    const std::string at = pointer("/prefetch", name);
    table.rows.push_back(
        {words(name), count_figure(at + "/count", amount.count), bytes_figure(at + "/bytes", amount.bytes)});
  }
  const bool drawn = result.prefetch->issued.bytes > 0;
  return section("prefetch", "Prefetching",
                 "Used is what an access found in time; all else cost bandwidth for nothing.",
                 card((drawn ? chart("prefetch") : "") + scrolled(table)));
}

std::string facts_section(const RunResult& result) {
  Table table{.caption = "Numbers that the policies keep of themselves",
              .columns = {"Policy of", "Fact", "Value"},
              .rows = {},
              .word_columns = 2};
  for (std::size_t i = 0; i < result.tiers.size(); ++i) {
    const std::string at = pointer("/tiers", i);
    add_facts(result.tiers[i].facts,
              fmt::format("{}: {}", text_figure("span", at + "/name", result.tiers[i].name),
                          text_figure("span", at + "/eviction_policy", result.tiers[i].eviction_policy)),
              at + "/facts", table);
  }
  add_facts(result.migration_facts, "migration", "/migration_facts", table);
  add_facts(result.prefetch_facts, "prefetch", "/prefetch_facts", table);
  if (table.rows.empty()) return "";
  return section("facts", "What the policies say",
                 "Switches of an adaptive policy, calibration of a predictor, and the like.",
                 card(scrolled(table)));
}

}  // namespace cachebench::report

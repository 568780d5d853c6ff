// SPDX-License-Identifier: Apache-2.0
#include "report/visual_section.h"

#include <fmt/format.h>

#include "report/html_parts.h"
#include "report/markup.h"
#include "result/findings.h"

namespace cachebench::report {
namespace {

using result::Visual;

std::string count_at(const char* key, std::uint64_t value) {
  return count_figure(pointer("/visual", key), value);
}

std::string bytes_at(const char* key, std::uint64_t value) {
  return bytes_figure(pointer("/visual", key), value);
}

Table registry_table(const Visual& visual) {
  return {
      .caption = "Embeddings by content, shared between requests",
      .columns = {"", "Value"},
      .rows = {
          {"Hits", count_at("visual_cache_hits", visual.hits)},
          {"Misses", count_at("visual_cache_misses", visual.misses)},
          {"Hit rate", share_figure("/visual/visual_cache_hit_rate", visual.hit_rate())},
          {"Bytes that hits did not encode again",
           bytes_at("visual_vram_saved_bytes", visual.vram_saved_bytes)},
          {"Encoder time saved (modelled)", time_figure("/visual/encoder_saved_ns", visual.encoder_saved_ns)},
          {"Embeddings at the end", count_at("visual_cache_entries", visual.entries)},
          {"Bytes at the end", bytes_at("used_bytes", visual.used_bytes)},
          {"Bytes at most", bytes_at("peak_bytes", visual.peak_bytes)},
          {"Stored", count_at("stored", visual.stored)},
          {"Evicted", count_at("evictions", visual.evictions)},
          {"Stores refused", count_at("refusals", visual.refusals)},
          {"Users of one embedding at one time, at most", count_at("most_users", visual.most_users)}}};
}

Table modality_table(const Visual& visual) {
  Table table{.caption = "Look-ups by modality", .columns = {"Modality", "Hits", "Misses"}, .rows = {}};
  for (const auto& [name, lookups] : visual.modalities) {
    const std::string at = pointer("/visual/modalities", name);
    table.rows.push_back({"<span data-name>" + words(name) + "</span>",
                          count_figure(at + "/hits", lookups.hits),
                          count_figure(at + "/misses", lookups.misses)});
  }
  return table;
}

Table advice_table(const Visual& visual) {
  Table table{.caption = "Advice on a data-parallel vision encoder, a request each",
              .columns = {"Rule that decided", "Requests"},
              .rows = {{"Recommended", count_at("dp_mode_recommendations", visual.dp_mode_recommendations)},
                       {"Not recommended", count_at("dp_mode_refusals", visual.dp_mode_refusals)}}};
  for (const auto& [rule, count] : visual.dp_mode_rules) {
    table.rows.push_back({"<span data-name>" + words(rule) + "</span>",
                          count_figure(pointer("/visual/dp_mode_rules", rule), count)});
  }
  return table;
}

}  // namespace

std::string visual_section(const result::RunResult& result) {
  if (!result.visual) return "";
  const Visual& visual = *result.visual;
  return section(
      "visual", "Visual registry",
      fmt::format("Beside the tiers, and in none of their counts: {} embeddings and {} at most, eviction {}.",
                  count_at("max_entries", visual.max_entries),
                  bytes_at("max_vram_bytes", visual.max_vram_bytes),
                  text_figure("b", "/visual/eviction_policy", visual.eviction_policy)),
      card(scrolled(registry_table(visual)) + scrolled(modality_table(visual)) +
           scrolled(advice_table(visual))));
}

std::string visual_line(const result::RunResult& result) {
  if (!result.visual) return "";
  const Visual& visual = *result.visual;
  return fmt::format(
      "\nVisual registry: {} hits, {} misses ({}), {} of encoder time saved (modelled); data-parallel "
      "encoder "
      "recommended for {} of {} requests.\n",
      result::format_count(visual.hits), result::format_count(visual.misses),
      result::format_share(visual.hit_rate()), result::format_ns(visual.encoder_saved_ns),
      result::format_count(visual.dp_mode_recommendations),
      result::format_count(visual.dp_mode_recommendations + visual.dp_mode_refusals));
}

}  // namespace cachebench::report

// SPDX-License-Identifier: Apache-2.0
#include "report/multimodal_section.h"

#include <fmt/format.h>

#include "report/html_parts.h"
#include "report/markup.h"
#include "result/findings.h"

namespace cachebench::report {
namespace {

using result::EntryTypeCounts;
using result::Multimodal;

std::vector<std::string> row_of(const std::string& name, const std::string& at,
                                const EntryTypeCounts& counts) {
  return {name,
          count_figure(at + "/accesses", counts.accesses),
          count_figure(at + "/exact_hits", counts.exact_hits),
          count_figure(at + "/similar_hits", counts.similar_hits),
          count_figure(at + "/covered", counts.covered),
          count_figure(at + "/misses", counts.misses),
          count_figure(at + "/expired", counts.expired),
          share_figure(at + "/hit_ratio", counts.hit_ratio()),
          time_figure(at + "/saved_ns", counts.saved_ns),
          share_figure(at + "/reduction_ratio", counts.reduction_ratio())};
}

Table kinds_table(const Multimodal& multimodal) {
  Table table{.caption = "By entry type: time saved is modelled, reduction is compression's",
              .columns = {"Type", "Accesses", "Exact hits", "Similar hits", "Covered", "Misses", "Expired",
                          "Hit ratio", "Saved", "Reduction"},
              .rows = {}};
  for (const auto& [kind, counts] : multimodal.kinds) {
    table.rows.push_back(
        row_of("<span data-name>" + words(kind) + "</span>", pointer("/multimodal/kinds", kind), counts));
  }
  table.rows.push_back(row_of("All", "/multimodal/all", multimodal.all()));
  return table;
}

Table outcome_table(const Multimodal& multimodal) {
  const auto count = [](const char* part, const char* key, std::uint64_t value) {
    return count_figure(pointer(std::string("/multimodal/") + part, key), value);
  };
  const result::EvictionOutcome& eviction = multimodal.eviction;
  const result::SimilarityOutcome& similarity = multimodal.similarity;
  const auto false_ratio = result::ratio_of(similarity.false_accepts, similarity.judged);
  return {
      .caption = "How evictions and similar hits turned out",
      .columns = {"", "Value"},
      .rows = {{"Entries evicted for good", count("eviction", "evicted", eviction.evicted)},
               {"Asked for again within the window", count("eviction", "asked_again", eviction.asked_again)},
               {"Not asked for within it", count("eviction", "let_go", eviction.let_go)},
               {"The window, in accesses", count("eviction", "window_accesses", eviction.window_accesses)},
               {"Eviction efficiency",
                share_figure("/multimodal/eviction/efficiency_ratio", eviction.efficiency_ratio())},
               {"Similar hits that the trace can judge", count("similarity", "judged", similarity.judged)},
               {"Of them, other content", count("similarity", "false_accepts", similarity.false_accepts)},
               {"False accepts", share_figure("/multimodal/similarity/false_accept_ratio", false_ratio)},
               {"Mean score", share_figure("/multimodal/similarity/mean_score", similarity.mean_score)},
               {"Entries resident at the end",
                count_figure("/multimodal/resident_entries", multimodal.resident_entries)},
               {"Of them, found by likeness",
                count_figure("/multimodal/comparable_entries", multimodal.comparable_entries)},
               {"Memory of the indexes", bytes_figure("/multimodal/index_bytes", multimodal.index_bytes)},
               {"Changes of size", count_figure("/multimodal/resizes", multimodal.resizes)}}};
}

}  // namespace

std::string multimodal_section(const result::RunResult& result) {
  if (!result.multimodal) return "";
  const Multimodal& multimodal = *result.multimodal;
  return section("multimodal", "Multimodal cache",
                 fmt::format("Typed entries in the tiers: {} of {} at most, eviction {}.",
                             bytes_figure("/multimodal/capacity_bytes", multimodal.capacity_bytes),
                             bytes_figure("/multimodal/limit_bytes", multimodal.limit_bytes),
                             text_figure("b", "/multimodal/eviction_policy", multimodal.eviction_policy)),
                 card(scrolled(kinds_table(multimodal)) + scrolled(outcome_table(multimodal))));
}

std::string multimodal_line(const result::RunResult& result) {
  if (!result.multimodal) return "";
  const Multimodal& multimodal = *result.multimodal;
  const EntryTypeCounts all = multimodal.all();
  return fmt::format(
      "\nMultimodal cache: {} exact and {} similar hits ({} of {} judged were other content), {} entries "
      "expired, {} saved (modelled), eviction efficiency {}.\n",
      result::format_count(all.exact_hits), result::format_count(all.similar_hits),
      result::format_count(multimodal.similarity.false_accepts),
      result::format_count(multimodal.similarity.judged), result::format_count(all.expired),
      result::format_ns(all.saved_ns), result::format_share(multimodal.eviction.efficiency_ratio()));
}

}  // namespace cachebench::report

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
               {"Pictures that no finer code could confirm",
                count("similarity", "unconfirmable", similarity.unconfirmable)},
               {"Mean score", share_figure("/multimodal/similarity/mean_score", similarity.mean_score)},
               {"Entries resident at the end",
                count_figure("/multimodal/resident_entries", multimodal.resident_entries)},
               {"Of them, found by likeness",
                count_figure("/multimodal/comparable_entries", multimodal.comparable_entries)},
               {"Memory of the indexes", bytes_figure("/multimodal/index_bytes", multimodal.index_bytes)},
               {"Changes of size", count_figure("/multimodal/resizes", multimodal.resizes)}}};
}

Table errors_table(const result::SimilarityOutcome& similarity) {
  Table table{.caption =
                  "What similar hits served, against what the content asked for would have given: length "
                  "of the difference over length of the truth, and cosine",
              .columns = {"Hits", "Tensors", "Compared", "Not comparable", "Mean error", "Median", "p90",
                          "Largest", "Mean cosine", "Least"},
              .rows = {},
              .word_columns = 2};
  for (std::size_t i = 0; i < similarity.errors.size(); ++i) {
    const result::SimilarityError& error = similarity.errors[i];
    const std::string at = pointer("/multimodal/similarity/errors", i);
    const auto figure = [&](const char* key, double value) {
      return error.compared == 0 ? std::string("–")
                                 : number_figure(at + "/" + key, value, fmt::format("{:.3f}", value));
    };
    table.rows.push_back(
        {text_figure("span", at + "/verdict", error.verdict), text_figure("span", at + "/basis", error.basis),
         count_figure(at + "/compared", error.compared),
         count_figure(at + "/not_comparable", error.not_comparable),
         figure("mean_relative_l2", error.mean_relative_l2), figure("p50_relative_l2", error.p50_relative_l2),
         figure("p90_relative_l2", error.p90_relative_l2), figure("max_relative_l2", error.max_relative_l2),
         figure("mean_cosine", error.mean_cosine), figure("min_cosine", error.min_cosine)});
  }
  return table;
}

// Where the errors of right and of false hits lie: bins from 0 on, the last holds what lies above.
Table distribution_table(const result::SimilarityOutcome& similarity) {
  Table table{.caption = "Their distribution: hits by error", .columns = {"Error from"}, .rows = {}};
  for (const result::SimilarityError& error : similarity.errors)
    table.columns.push_back(escape_html(error.verdict + ", " + error.basis));
  for (std::size_t bin = 0; bin < result::kErrorBins; ++bin) {
    const double from = result::kErrorBinWidth * static_cast<double>(bin);
    const std::string first = pointer(pointer("/multimodal/similarity/errors", 0) + "/histogram", bin);
    std::vector<std::string> row{number_figure(first + "/from", from, fmt::format("{:.1f}", from))};
    for (std::size_t i = 0; i < similarity.errors.size(); ++i) {
      const auto& counts = similarity.errors[i].histogram;
      const std::string at = pointer("/multimodal/similarity/errors", i) + "/histogram";
      row.push_back(bin < counts.size() ? count_figure(pointer(at, bin) + "/count", counts[bin]) : "–");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string error_cards(const result::SimilarityOutcome& similarity) {
  if (similarity.errors.empty()) return "";
  const std::string lead =
      "<p class=\"lead\">served: the bytes that were served; synthesised: both made up from the trace's "
      "codes, "
      "so that tensors are as like as their codes; pixels: of the pictures' files. Unrelated tensors lie at "
      "the root of two.</p>";
  return card(lead + scrolled(errors_table(similarity)) +
              folded(distribution_table(similarity), "Distribution of the errors"));
}

// The mean error of a verdict over whatever basis it has.
std::string error_words(const result::SimilarityOutcome& similarity) {
  std::string text;
  for (const result::SimilarityError& error : similarity.errors) {
    if (error.compared == 0) continue;
    text += fmt::format("{}{} {:.2f} ({}, cosine {:.2f})", text.empty() ? "" : "; ",
                        plain_markdown(error.verdict), error.mean_relative_l2, plain_markdown(error.basis),
                        error.mean_cosine);
  }
  return text.empty() ? text : fmt::format(" Mean relative error of what similar hits served: {}.", text);
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
                 card(scrolled(kinds_table(multimodal)) + scrolled(outcome_table(multimodal))) +
                     error_cards(multimodal.similarity));
}

std::string multimodal_line(const result::RunResult& result) {
  if (!result.multimodal) return "";
  const Multimodal& multimodal = *result.multimodal;
  const EntryTypeCounts all = multimodal.all();
  return fmt::format(
      "\nMultimodal cache: {} exact and {} similar hits ({} of {} judged were other content), {} entries "
      "expired, {} saved (modelled), eviction efficiency {}.{}\n",
      result::format_count(all.exact_hits), result::format_count(all.similar_hits),
      result::format_count(multimodal.similarity.false_accepts),
      result::format_count(multimodal.similarity.judged), result::format_count(all.expired),
      result::format_ns(all.saved_ns), result::format_share(multimodal.eviction.efficiency_ratio()),
      error_words(multimodal.similarity));
}

}  // namespace cachebench::report

// SPDX-License-Identifier: Apache-2.0
#include "report/similarity_page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "report/html_parts.h"
#include "report/markup.h"

namespace cachebench::report {
namespace {

using Json = nlohmann::ordered_json;

std::string share_at(const Json& study, const std::string& path) {
  const Json& value = study.at(Json::json_pointer(path));
  return share_figure(path, value.is_null() ? std::nullopt : std::optional(value.get<double>()));
}

std::string count_at(const Json& study, const std::string& path) {
  return count_figure(path, study.at(Json::json_pointer(path)).get<std::uint64_t>());
}

std::string text_at(const Json& study, const std::string& path, std::string_view element = "span") {
  return text_figure(element, path, study.at(Json::json_pointer(path)).get<std::string>());
}

Headline chosen_headline(const Json& study, const std::string& path, const char* label) {
  if (study.at(Json::json_pointer(path)).is_null()) {
    return {label, "none", "no distance is precise enough: leave similarity off for such queries"};
  }
  return {label, count_at(study, path + "/max_distance") + " bits",
          fmt::format("precision {}, recall {}, {} false accepts", share_at(study, path + "/precision"),
                      share_at(study, path + "/recall"), count_at(study, path + "/wrong"))};
}

std::string first_screen(const Json& study) {
  const std::string last = pointer("/chosen", study.at("chosen").size() - 1);
  std::string html = "<header class=\"top wide\">\n<p class=\"eyebrow\">cachebench hash --study</p>\n";
  html += "<div class=\"title\"><h1>Similar pictures</h1></div>\n";
  html += fmt::format(
      "<p class=\"what\">{} pictures ({}), each altered in every way and looked up among all "
      "of them, once with its own original and once without. Counts are exact.</p>\n",
      count_at(study, "/pictures"), text_at(study, "/source"));
  html += headline_list({chosen_headline(study, "/chosen/0/plain", "Copies, by pHash alone"),
                         chosen_headline(study, last + "/plain", "With other views, by pHash alone"),
                         chosen_headline(study, last + "/confirmed", "The same with a second look"),
                         {"Precision asked for", share_at(study, "/least_precision"),
                          fmt::format("{} of {} bits in the second look", count_at(study, "/fine_distance"),
                                      count_at(study, "/fine_bits"))}});
  return html + "</header>\n";
}

// One row a curve: recall and false accepts at a few distances.
Table outcome_table(const Json& study) {
  constexpr std::size_t kShown[] = {0, 2, 4, 6, 8, 10};
  Table table{.caption = "Recall and false accepts by largest distance",
              .columns = {"Altered by", "Queries", "Without original"},
              .rows = {}};
  const auto bits = [&](std::size_t point) {
    return count_at(study, pointer("/curves/0/points", point) + "/max_distance");
  };
  for (const std::size_t distance : kShown) table.columns.push_back(fmt::format("≤ {} bits", bits(distance)));
  table.columns.push_back(fmt::format("≤ {}, second look", bits(8)));
  for (std::size_t c = 0; c < study.at("curves").size(); ++c) {
    const std::string at = pointer("/curves", c);
    std::vector<std::string> row{text_at(study, at + "/name"), count_at(study, at + "/queries_with_original"),
                                 count_at(study, at + "/queries_without_original")};
    const auto cell = [&](std::size_t point, const char* look) {
      const std::string here = pointer(at + "/points", point) + "/" + look;
      return fmt::format("{} / {}", share_at(study, here + "/recall"), count_at(study, here + "/wrong"));
    };
    for (const std::size_t distance : kShown) row.push_back(cell(distance, "plain"));
    row.push_back(cell(8, "confirmed"));
    table.rows.push_back(std::move(row));
  }
  return table;
}

// The pooled curves, point by point.
Table precision_table(const Json& study) {
  Table table{
      .caption = "Precision and recall by largest distance",
      .columns = {"Over", "Bits", "Precision", "Recall", "Precision, second look", "Recall, second look"},
      .rows = {}};
  for (std::size_t c = 0; c < study.at("curves").size(); ++c) {
    const std::string at = pointer("/curves", c);
    if (study.at(Json::json_pointer(at + "/sort")) != "pooled") continue;
    for (std::size_t i = 0; i < study.at(Json::json_pointer(at + "/points")).size(); ++i) {
      const std::string here = pointer(at + "/points", i);
      table.rows.push_back(
          {text_at(study, at + "/name"), count_at(study, here + "/max_distance"),
           share_at(study, here + "/plain/precision"), share_at(study, here + "/plain/recall"),
           share_at(study, here + "/confirmed/precision"), share_at(study, here + "/confirmed/recall")});
    }
  }
  return table;
}

}  // namespace

std::string similarity_page(const Json& study) {
  Page page{.plain_title = "Similar pictures",
            .header = first_screen(study),
            .navigation = {{"precision", "Precision and recall"}, {"alterations", "Alterations"}},
            .main = "",
            .footer =
                "<footer class=\"wide\"><p>Every figure here is in the document, which this page carries "
                "whole.</p></footer>\n"};
  page.main += section("precision", "Precision and recall",
                       "Each point accepts up to so many bits; the second look also asks a finer hash.",
                       card(chart("precision") + folded(precision_table(study), "The curves as a table")));
  page.main += section("alterations", "What each alteration does",
                       "Share found again, and how often other content was taken for it.",
                       card(chart("recall") + scrolled(outcome_table(study))));
  return html_page(page, study);
}

}  // namespace cachebench::report

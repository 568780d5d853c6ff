// SPDX-License-Identifier: Apache-2.0
#include "report/compare_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/html_parts.h"
#include "report/markup.h"
#include "result/findings.h"

namespace cachebench::report {
namespace {

using result::CompareRow;
using result::Comparison;

constexpr std::size_t kMostPageRows = 2000;
constexpr std::size_t kMostUnmatched = 12;

double size_of(const CompareRow& row) {
  if (!row.ratio || *row.ratio <= 0) return row.a == row.b ? 0.0 : 1e9;
  return std::abs(std::log(*row.ratio));
}

// Indices of the rows that differ, the largest difference first.
std::vector<std::size_t> by_difference(const Comparison& comparison) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < comparison.rows.size(); ++i) {
    if (result::differs(comparison.rows[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    return size_of(comparison.rows[x]) > size_of(comparison.rows[y]);
  });
  return order;
}

std::string number_text(double value) {
  const bool count = value >= 0 && value < 1e15 && value == std::trunc(value);
  return count ? result::format_count(static_cast<std::uint64_t>(value)) : fmt::format("{:.6g}", value);
}

std::string ratio_text(const CompareRow& row) {
  return row.ratio ? fmt::format("{:.4f}", *row.ratio) : "–";
}

std::string interval_text(const CompareRow& row) {
  return row.interval ? fmt::format("{:.4f} to {:.4f}", row.interval->low, row.interval->high) : "";
}

std::string label_of(const Comparison& comparison, const CompareRow& row) {
  return comparison.names.size() > 2 ? fmt::format("{} ({})", row.path, row.other) : row.path;
}

std::string differing_section(const Comparison& comparison) {
  const std::vector<std::size_t> order = by_difference(comparison);
  if (order.empty()) {
    return section("differences", "Differences", "Every number that both sides have is equal.", "");
  }
  Table table{.caption = "What differs, the largest difference first",
              .columns = {"Value", "A", "B", "B / A", "Interval", "Interval from"},
              .rows = {}};
  for (const std::size_t i : order) {
    if (table.rows.size() == kMostPageRows) break;
    const CompareRow& row = comparison.rows[i];
    const std::string at = pointer("/rows", i);
    const auto figure = [&](const char* key, double value, const std::string& shown) {
      return number_figure(at + key, value, shown);
    };
    std::string interval = "–";
    if (row.interval) {
      interval = figure("/interval/0", row.interval->low, fmt::format("{:.4f}", row.interval->low)) + " to " +
                 figure("/interval/1", row.interval->high, fmt::format("{:.4f}", row.interval->high));
    }
    table.rows.push_back(
        {"<span data-name>" + escape_html(label_of(comparison, row)) + "</span>",
         whole_or_double_figure(at + "/a", row.a, number_text(row.a)),
         whole_or_double_figure(at + "/b", row.b, number_text(row.b)),
         row.ratio ? figure("/ratio", *row.ratio, ratio_text(row)) : "–", interval,
         row.basis.empty() ? "computed by rule" : text_figure("span", at + "/interval_basis", row.basis)});
  }
  return section(
      "differences", "Differences",
      fmt::format(
          "B over A; one is equal. Dots with whiskers have an interval of {} confidence; grey ones are "
          "undecided, since one lies in it or a clock spoke but once. Diamonds have none.",
          share_figure("/confidence", result::Bootstrap().confidence)),
      card(chart("forest") + "<div class=\"tall\">" + scrolled(table) + "</div>"));
}

std::string unmatched_section(const Comparison& comparison) {
  if (comparison.unmatched.empty()) return "";
  return section("unmatched", "On one side only", "What has no counterpart.",
                 card(text_list(comparison.unmatched, "/unmatched")));
}

std::string header_of(const Comparison& comparison) {
  std::string names;
  for (std::size_t i = 0; i < comparison.names.size(); ++i) {
    names += fmt::format("{}<b>{}</b> is {}", i == 0 ? "" : ", ", i == 0 ? "A" : "B",
                         text_figure("span", pointer("/names", i), comparison.names[i]));
  }
  std::string html = "<header class=\"top wide\">\n<p class=\"eyebrow\">cachebench compare</p>\n";
  html += fmt::format("<div class=\"title\"><h1>Comparison</h1></div>\n<p class=\"what\">{}.</p>\n", names);
  const std::size_t differing = by_difference(comparison).size();
  html += headline_list(
      {{"Values compared", count_figure("/counts/compared", comparison.rows.size()), ""},
       {"Different", count_figure("/counts/different", differing), ""},
       {"Equal", count_figure("/counts/equal", comparison.rows.size() - differing), ""},
       {"On one side only", count_figure("/counts/unmatched", comparison.unmatched.size()), ""}});
  if (!comparison.differences.empty()) {
    html += fmt::format(
        "<div class=\"panel bad\" role=\"note\"><p>The setups differ, so these figures do not tell a better "
        "from a "
        "worse one:</p>{}</div>\n",
        text_list(comparison.differences, "/differences"));
  }
  return html + "</header>\n";
}

}  // namespace

std::string compare_table(const Comparison& comparison, std::size_t most) {
  std::string text;
  for (const std::string& line : comparison.differences) text += fmt::format("warning: {}\n", line);
  const std::vector<std::size_t> order = by_difference(comparison);
  const std::size_t shown = std::min(order.size(), most);
  std::size_t width = 5;
  for (std::size_t i = 0; i < shown; ++i) {
    width = std::max(width, label_of(comparison, comparison.rows[order[i]]).size());
  }
  if (shown > 0) {
    text += fmt::format("{:<{}}  {:>20}  {:>20}  {:>8}  {}\n", "value", width, "A", "B", "B / A", "interval");
  }
  for (std::size_t i = 0; i < shown; ++i) {
    const CompareRow& row = comparison.rows[order[i]];
    std::string line =
        fmt::format("{:<{}}  {:>20}  {:>20}  {:>8}  {}", label_of(comparison, row), width, number_text(row.a),
                    number_text(row.b), ratio_text(row), interval_text(row));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  if (shown < order.size()) text += fmt::format("and {} more that differ\n", order.size() - shown);
  for (std::size_t i = 0; i < std::min(comparison.unmatched.size(), kMostUnmatched); ++i) {
    text += fmt::format("only in {}\n", comparison.unmatched[i]);
  }
  if (comparison.unmatched.size() > kMostUnmatched) {
    text += fmt::format("and {} more on one side only\n", comparison.unmatched.size() - kMostUnmatched);
  }
  return text + fmt::format("{} values compared: {} equal, {} different; {} on one side only\n",
                            comparison.rows.size(), comparison.rows.size() - order.size(), order.size(),
                            comparison.unmatched.size());
}

std::string compare_page(const Comparison& comparison) {
  Page page{.plain_title = "comparison",
            .header = header_of(comparison),
            .navigation = {{"differences", "Differences"}},
            .main = differing_section(comparison) + unmatched_section(comparison),
            .footer =
                "<footer class=\"wide\"><p>Every figure here is in the document, which this page carries "
                "whole.</p></footer>\n"};
  if (!comparison.unmatched.empty()) page.navigation.emplace_back("unmatched", "On one side only");
  return html_page(page, result::to_json(comparison));
}

}  // namespace cachebench::report

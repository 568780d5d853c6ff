// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What every HTML page of ours is made of: sections, cards, tables, charts, and the page around them, which
/// its own policy forbids to load anything. Takes HTML that is escaped already, except where it says `plain`.
/// Pure functions, thread-safe; nothing throws.
namespace cachebench::report {

[[nodiscard]] std::string section(std::string_view id, std::string_view title, std::string_view lead,
                                  const std::string& body);
[[nodiscard]] std::string card(const std::string& body);

/// Cells are HTML already; the first of each row is its header.
struct Table {
  std::string caption;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::size_t word_columns = 1;  ///< so many from the left hold words, the others figures
};
[[nodiscard]] std::string html_of(const Table& table);
/// In a region that scrolls sideways by itself.
[[nodiscard]] std::string scrolled(const Table& table);
/// Folded under `summary`, and no taller than the window.
[[nodiscard]] std::string folded(const Table& table, std::string_view summary);

/// A chart that lib/report/web draws from the document; tables stand beside it without scripts.
[[nodiscard]] std::string chart(const std::string& name);

/// The line under the title's status, its reasons and notes at their paths of the document, as lists.
[[nodiscard]] std::string text_list(const std::vector<std::string>& lines, const std::string& path);

/// The value at a JSON pointer; nullptr where there is none or it is null. It lives as long as the document.
[[nodiscard]] const nlohmann::ordered_json* value_at(const nlohmann::ordered_json& document,
                                                     const std::string& path);
/// A word as it is, anything else as JSON.
[[nodiscard]] std::string shown_value(const nlohmann::ordered_json& value);

struct Headline {
  std::string label;
  std::string value;
  std::string under;
};
[[nodiscard]] std::string headline_list(const std::vector<Headline>& items);

/// "configuration" and "manifest", leaf by leaf, where the document has them.
[[nodiscard]] std::string settings_table(const nlohmann::ordered_json& document, const std::string& key,
                                         const std::string& caption);
/// The command that the manifest names, to copy; "" where it names none.
[[nodiscard]] std::string repeat_command(const nlohmann::ordered_json& document);

struct Page {
  std::string plain_title;
  std::string header;
  std::vector<std::pair<std::string, std::string>> navigation;  ///< id of a section, its short name
  std::string main;
  std::string footer;
};
/// The whole page; the document goes into it for the charts.
[[nodiscard]] std::string html_page(const Page& page, const nlohmann::ordered_json& document);

}  // namespace cachebench::report

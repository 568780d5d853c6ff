// SPDX-License-Identifier: Apache-2.0
#include "report/html_parts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/markup.h"
#include "report/web_assets.h"

namespace cachebench::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

// One word as a shell takes it.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string command_of(const Json& value) {
  if (!value.is_array()) return shown_value(value);
  std::string line;
  for (const Json& word : value) line += (line.empty() ? "" : " ") + quoted(shown_value(word));
  return line;
}

// Every leaf under `node`, one row each, in the document's order.
void rows_of(const Json& node, const std::string& path, const std::string& name, std::string& html) {
  if (node.is_object() && !node.empty()) {
    for (const auto& [key, value] : node.items()) {
      rows_of(value, pointer(path, key), name.empty() ? key : name + "." + key, html);
    }
    return;
  }
  const bool rows = node.is_array() && !node.empty() && node[0].is_structured();
  if (rows) {
    for (std::size_t i = 0; i < node.size(); ++i) {
      rows_of(node[i], pointer(path, i), fmt::format("{}[{}]", name, i), html);
    }
    return;
  }
  html += fmt::format("<tr><th scope=\"row\" data-name>{}</th>{}</tr>\n", escape_html(name),
                      text_figure("td", path, shown_value(node)));
}

std::string navigation_of(const Page& page) {
  std::string html = "<nav aria-label=\"Sections\"><ul class=\"wide\">";
  for (const auto& [id, name] : page.navigation) {
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>", id, name);
  }
  return html + "</ul></nav>\n";
}

}  // namespace

const Json* value_at(const Json& document, const std::string& path) {
  const Json::json_pointer at(path);
  if (!document.contains(at)) return nullptr;
  const Json& value = document.at(at);
  return value.is_null() ? nullptr : &value;
}

std::string shown_value(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string section(std::string_view id, std::string_view title, std::string_view lead,
                    const std::string& body) {
  return fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"h-{0}\"><h2 id=\"h-{0}\">{1}</h2>\n<p "
      "class=\"lead\">{2}</p>\n{3}</section>\n",
      id, title, lead, body);
}

std::string card(const std::string& body) {
  return "<div class=\"card\"><figure>\n" + body + "</figure></div>\n";
}

std::string html_of(const Table& table) {
  const bool small = table.columns.size() <= 3;
  std::string html = fmt::format("<table{}><caption>{}</caption>\n<thead><tr>",
                                 small ? " class=\"small\"" : "", table.caption);
  const auto kind = [&](std::size_t column) { return column < table.word_columns ? " class=\"word\"" : ""; };
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    html += fmt::format("<th scope=\"col\"{}>{}</th>", kind(i), table.columns[i]);
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : table.rows) {
    html += fmt::format("<tr><th scope=\"row\">{}</th>", row.front());
    for (std::size_t i = 1; i < row.size(); ++i) html += fmt::format("<td{}>{}</td>", kind(i), row[i]);
    html += "</tr>\n";
  }
  return html + "</tbody></table>\n";
}

std::string scrolled(const Table& table) {
  return fmt::format("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</div>\n",
                     table.caption, html_of(table));
}

std::string folded(const Table& table, std::string_view summary) {
  return fmt::format("<details><summary>{}</summary><div class=\"tall\">{}</div></details>\n", summary,
                     html_of(table));
}

std::string chart(const std::string& name) {
  return fmt::format("<div class=\"chart\" data-chart=\"{}\"></div>\n", name);
}

std::string text_list(const std::vector<std::string>& lines, const std::string& path) {
  std::string html = "<ul>";
  for (std::size_t i = 0; i < lines.size(); ++i) html += text_figure("li", pointer(path, i), lines[i]);
  return html + "</ul>";
}

std::string headline_list(const std::vector<Headline>& items) {
  std::string html = "<dl class=\"figures\">";
  for (const Headline& item : items) {
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd><dd class=\"under\">{}</dd></div>", item.label,
                        item.value, item.under);
  }
  return html + "</dl>\n";
}

std::string repeat_command(const Json& document) {
  for (const char* path : {"/manifest/command", "/manifest/command_line"}) {
    const Json* value = value_at(document, path);
    if (value == nullptr || (!value->is_string() && !value->is_array())) continue;
    return fmt::format(
        "<div class=\"repeat\"><h2>Repeat it</h2><div class=\"command\"><pre id=\"command\" "
        "data-path=\"{}\">{}</pre><button type=\"button\" data-copy=\"command\" "
        "hidden>Copy</button></div></div>\n",
        path, escape_html(command_of(*value)));
  }
  return "";
}

std::string settings_table(const Json& document, const std::string& key, const std::string& caption) {
  std::string rows;
  rows_of(document.at(key), "/" + key, "", rows);
  return fmt::format(
      "<div class=\"scroll\"><table class=\"settings\"><caption>{}</caption>\n<thead><tr>"
      "<th scope=\"col\">Key</th><th "
      "scope=\"col\">Value</th></tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
      caption, rows);
}

std::string html_page(const Page& page, const Json& document) {
  std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", kPolicy);
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<meta name=\"generator\" content=\"cachebench\">\n<link rel=\"icon\" href=\"data:,\">\n";
  html += fmt::format("<title>{} – cachebench</title>\n<style>{}</style>\n</head>\n<body>\n",
                      escape_html(page.plain_title), report_style());
  html += "<a class=\"skip\" href=\"#content\">Skip to the figures</a>\n";
  html += page.header + navigation_of(page);
  html +=
      "<main id=\"content\" class=\"wide\">\n<noscript><p class=\"noscript\">Charts need scripts; every "
      "figure is in the tables.</p></noscript>\n";
  html += page.main + "</main>\n" + page.footer;
  html += "<script type=\"application/json\" id=\"result\">" + script_json(document) + "</script>\n";
  return html + fmt::format("<script>{}</script>\n</body>\n</html>\n", report_script());
}

}  // namespace cachebench::report

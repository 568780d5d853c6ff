// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cctype>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <utility>
#include <vector>

/// Holds a page to its document: every figure against the pointer it names, and no digits outside of figures
/// but those of names. Fails the running test; keeps nothing.
namespace cachebench::test {

using Json = nlohmann::ordered_json;

inline std::string without(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    const std::size_t end = text.find(to, at);
    REQUIRE(end != std::string::npos);
    text.erase(at, end + to.size() - at);
  }
  return text;
}

inline std::string unescaped(std::string text) {
  const std::pair<const char*, const char*> pairs[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}};
  for (const auto& [from, to] : pairs) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) {
      text.replace(at, std::string(from).size(), to);
    }
  }
  return text;
}

struct Figure {
  std::string path;
  std::string value;  ///< exact, of a <data> element; "" of a text
  std::string shown;
};

/// Takes the elements with a data-path out of `html` and returns them.
inline std::vector<Figure> take_figures(std::string& html) {
  std::vector<Figure> figures;
  const std::string mark = "data-path=\"";
  for (std::size_t at = html.find(mark); at != std::string::npos; at = html.find(mark)) {
    const std::size_t open = html.rfind('<', at);
    const std::size_t close = html.find('>', at);
    const std::string tag = html.substr(open + 1, html.find_first_of(" >", open) - open - 1);
    const std::size_t end = html.find("</" + tag + ">", close);
    REQUIRE(end != std::string::npos);
    const std::string start = html.substr(open, close - open);
    Figure figure{
        .path = unescaped(html.substr(at + mark.size(), html.find('"', at + mark.size()) - at - mark.size())),
        .value = "",
        .shown = unescaped(html.substr(close + 1, end - close - 1))};
    if (const std::size_t value = start.find("value=\""); value != std::string::npos) {
      figure.value = start.substr(value + 7, start.find('"', value + 7) - value - 7);
    }
    figures.push_back(figure);
    html.erase(open, end + tag.size() + 3 - open);
  }
  return figures;
}

/// `command` is what the page shows of the manifest's command line.
inline void hold_page_to(const Json& document, std::string html, std::size_t at_least,
                         const std::string& command) {
  html = without(html, "<script", "</script>");
  html = without(html, "<style", "</style>");
  html = without(html, "<title", "</title>");
  const std::vector<Figure> figures = take_figures(html);
  CHECK(figures.size() >= at_least);
  for (const Figure& figure : figures) {
    CAPTURE(figure.path);
    const Json::json_pointer pointer(figure.path);
    REQUIRE(document.contains(pointer));
    const Json& value = document.at(pointer);
    if (!figure.value.empty()) {
      CHECK(value.is_number());
      CHECK(figure.value == value.dump());
    } else if (figure.path == "/manifest/command_line" && figure.shown.front() != '[') {
      CHECK(figure.shown == command);
    } else if (value.is_string()) {
      CHECK(figure.shown == value.get<std::string>());
    } else {
      CHECK(figure.shown == value.dump());
    }
  }
  html = std::regex_replace(html, std::regex("<[a-z]+[^>]* data-name>[^<]*<"), "<");
  html = std::regex_replace(html, std::regex("<[^>]*>"), " ");
  html = std::regex_replace(html, std::regex("&[#a-z0-9]+;|p(50|90|99\\.9|99)|SHA-256"), "");
  for (const char c : html) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      FAIL("a digit outside of figures: ", html.substr(html.find(c) < 60 ? 0 : html.find(c) - 60, 120));
    }
  }
}

}  // namespace cachebench::test

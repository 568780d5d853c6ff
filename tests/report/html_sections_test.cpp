// SPDX-License-Identifier: Apache-2.0
// Every figure of the page is in the document: each is held against the pointer it names, and outside of
// figures there are no digits but those of names.
#include <doctest/doctest.h>

#include <cctype>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

#include "report/html_page.h"
#include "report/report.h"
#include "result/json.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

std::string without(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    const std::size_t end = text.find(to, at);
    REQUIRE(end != std::string::npos);
    text.erase(at, end + to.size() - at);
  }
  return text;
}

std::string unescaped(std::string text) {
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
std::vector<Figure> take_figures(std::string& html) {
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

void hold_to_the_document(const result::RunResult& result, std::size_t at_least) {
  const Json document = result::to_json(result);
  std::string html = report::render("html", result);
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
      CHECK(figure.shown == "cachebench run --config configs/run/quickstart.json --mode real");
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

TEST_CASE("every figure of the page is in the document") {
  hold_to_the_document(test::sample_result(), 700);
  result::RunResult other = test::sample_result();
  other.status = result::Status::kInvalid;
  other.reasons = {"p99 of the schedule lag is 12 ms"};
  other.mode = "simulate";
  other.model_check.clear();
  other.latency.clear();
  hold_to_the_document(other, 600);
  hold_to_the_document(result::RunResult{}, 10);
}

TEST_CASE("each part stands alone, with its heading, its table and its chart") {
  const result::RunResult sample = test::sample_result();
  const std::pair<std::string, std::vector<std::string>> parts[] = {
      {report::tiers_section(sample), {"flow", "links"}},
      {report::kinds_section(sample), {"kinds"}},
      {report::misses_section(sample), {"causes"}},
      {report::latency_section(sample), {"latency"}},
      {report::series_section(sample), {"progress", "occupancy"}},
      {report::model_section(sample), {"model"}}};
  for (const auto& [html, charts] : parts) {
    CHECK(html.find("<h2") != std::string::npos);
    CHECK(html.find("<table") != std::string::npos);
    for (const std::string& name : charts) CHECK(html.find(report::chart(name)) != std::string::npos);
  }
}

TEST_CASE("parts without anything to show draw nothing and say so") {
  const result::RunResult nothing;
  CHECK(report::tiers_section(nothing).find("data-chart") == std::string::npos);
  CHECK(report::kinds_section(nothing).find("data-chart") == std::string::npos);
  CHECK(report::misses_section(nothing).find("data-chart") == std::string::npos);
  CHECK(report::latency_section(nothing).find("No latency was recorded") != std::string::npos);
  CHECK(report::series_section(nothing).find("No intervals were recorded") != std::string::npos);
  CHECK(report::model_section(nothing).find("no measurement") != std::string::npos);
}

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "report/html_parts.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

TEST_CASE("tables have a caption, heads of columns and of rows, and say which columns hold words") {
  const report::Table table{
      .caption = "c", .columns = {"a", "b", "d", "e"}, .rows = {{"1", "2", "3", "4"}}, .word_columns = 2};
  const std::string html = report::html_of(table);
  CHECK(holds(html, "<caption>c</caption>"));
  CHECK(holds(html, "<th scope=\"col\" class=\"word\">b</th><th scope=\"col\">d</th>"));
  CHECK(holds(html, "<tr><th scope=\"row\">1</th><td class=\"word\">2</td><td>3</td>"));
  CHECK(holds(report::scrolled(table), "role=\"region\" aria-label=\"c\""));
  CHECK(holds(report::folded(table, "all"), "<details><summary>all</summary>"));
}

TEST_CASE("the command to repeat a run is quoted as a shell takes it") {
  const Json document =
      Json::parse(R"({"manifest":{"command_line":["cachebench","run","--set","a=it's b",""]}})");
  CHECK(holds(report::repeat_command(document),
              ">cachebench run --set &#39;a=it&#39;\\&#39;&#39;s b&#39; &#39;&#39;</pre>"));
  CHECK(report::repeat_command(Json::object()).empty());
  CHECK(report::repeat_command(Json::parse(R"({"manifest":{"command_line":5}})")).empty());
}

TEST_CASE("a page forbids itself to load anything, and carries its document as text") {
  const Json document = {{"name", "</script><b>"}};
  const std::string html = report::html_page({.plain_title = "<t>",
                                              .header = "<h1>h</h1>",
                                              .navigation = {{"one", "One"}, {"two", "Two"}},
                                              .main = "<p>m</p>",
                                              .footer = "<footer></footer>"},
                                             document);
  CHECK(holds(html, "default-src 'none'"));
  CHECK(holds(html, "<title>&lt;t&gt; – cachebench</title>"));
  CHECK(holds(html, "<li><a href=\"#one\">One</a></li><li><a href=\"#two\">Two</a></li>"));
  CHECK(holds(html, "{\"name\":\"\\u003c/script\\u003e\\u003cb\\u003e\"}"));
}

TEST_CASE("settings are listed leaf by leaf, at their paths") {
  const Json document = Json::parse(R"({"config":{"a":{"b":[1,2]},"c":[{"d":null}],"e":{}}})");
  const std::string html = report::settings_table(document, "config", "C");
  CHECK(holds(html, "<th scope=\"row\" data-name>a.b</th><td data-path=\"/config/a/b\">[1,2]</td>"));
  CHECK(holds(html, "data-name>c[0].d</th><td data-path=\"/config/c/0/d\">null</td>"));
  CHECK(holds(html, "data-name>e</th><td data-path=\"/config/e\">{}</td>"));
}

}  // namespace

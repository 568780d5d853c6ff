// SPDX-License-Identifier: Apache-2.0
#include "report/markup.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

TEST_CASE("nothing of a text can become markup") {
  CHECK(report::escape_html("<a href=\"x\">&'</a>") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;");
  CHECK(report::escape_html(std::string_view("a\0b\x1B", 4)) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(report::escape_html("two\nlines\tand a tab") == "two\nlines\tand a tab");
  CHECK(report::words("not_<admitted>") == "not &lt;admitted&gt;");
}

TEST_CASE("JSON in a script can neither end it nor start another") {
  const Json document = {{"</script>", "<!--<script>&\xE2\x80\xA8\xFF"}};
  const std::string text = report::script_json(document);
  CHECK(text.find_first_of("<>&") == std::string::npos);
  for (const char c : text) CHECK(static_cast<unsigned char>(c) < 0x80);
  CHECK(Json::parse(text).contains("</script>"));
}

TEST_CASE("pointers lead to what they were made for") {
  const Json document = {{"a/b", {{"c~d", {1, 2}}}}};
  const std::string path =
      report::pointer(report::pointer(report::pointer("", "a/b"), "c~d"), std::size_t{1});
  CHECK(document.at(Json::json_pointer(path)) == 2);
}

TEST_CASE("a figure carries the exact number beside the one for people") {
  CHECK(report::count_figure("/a", 1234567) == "<data value=\"1234567\" data-path=\"/a\">1,234,567</data>");
  CHECK(report::bytes_figure("/a", 1536) == "<data value=\"1536\" data-path=\"/a\">1.50 KiB</data>");
  CHECK(report::time_figure("/a", 1500) == "<data value=\"1500\" data-path=\"/a\">1.5 µs</data>");
  CHECK(report::share_figure("/a", 0.125) == "<data value=\"0.125\" data-path=\"/a\">12.5%</data>");
  CHECK(report::share_figure("/a", std::nullopt) == "–");
  CHECK(report::rate_figure("/a", std::nullopt) == "–");
  CHECK(report::rate_figure("/a", 2e6).find("value=\"2000000.0\"") != std::string::npos);
  CHECK(report::count_figure("/<", 1).find("/&lt;") != std::string::npos);
  CHECK(report::text_figure("b", "/n", "<x>") == "<b data-path=\"/n\">&lt;x&gt;</b>");
  CHECK(report::basis_mark("measured").find(">measured<") != std::string::npos);
}

}  // namespace

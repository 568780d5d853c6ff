// SPDX-License-Identifier: Apache-2.0
#include "report/visual_section.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "report/report.h"
#include "result/json.h"
#include "support/page_check.h"
#include "support/sample_result.h"

namespace cachebench::report {
namespace {

TEST_CASE("a run without a visual registry says nothing of one") {
  result::RunResult sample = test::sample_result();
  sample.visual.reset();
  CHECK(visual_section(sample).empty());
  CHECK(visual_line(sample).empty());
  CHECK(render("html", sample).find("id=\"visual\"") == std::string::npos);
  CHECK(render("prometheus", sample).find("\nvisual_") == std::string::npos);
}

TEST_CASE("every figure of the visual section is in the document") {
  result::RunResult sample = test::sample_result();
  sample.visual->eviction_policy = "<lfu>";
  sample.visual->modalities["<b>"] = {};
  const std::string html = visual_section(sample);
  CHECK(html.find("<b>") == html.find("<b>lfu"));  // escaped wherever it is a name
  test::hold_page_to(result::to_json(sample), html, 20, "");
}

TEST_CASE("one line of Markdown, and the page stays within its 60") {
  const result::RunResult sample = test::sample_result();
  CHECK(visual_line(sample) ==
        "\nVisual registry: 2,100 hits, 900 misses (70.0%), 91 s of encoder time saved (modelled); "
        "data-parallel "
        "encoder recommended for 1,450 of 1,600 requests.\n");
  const std::string text = render("md", sample);
  CHECK(text.find("Visual registry") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') <= 60);
}

}  // namespace
}  // namespace cachebench::report

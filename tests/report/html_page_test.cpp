// SPDX-License-Identifier: Apache-2.0
#include "report/html_page.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "report/report.h"
#include "result/json.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;

std::string first_screen(const result::RunResult& result) {
  return report::first_screen(result, result::to_json(result));
}

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

TEST_CASE(
    "the first screen answers what ran, on what, whether it is valid, what it means, and how to repeat it") {
  const std::string html = first_screen(test::sample_result());
  CHECK(holds(html, ">quickstart<"));
  CHECK(holds(html, ">complete<"));
  CHECK(holds(html, "A real run"));
  CHECK(holds(html, ">chat-with-images<"));
  CHECK(holds(html, ">i5-10210u-mx250-nvme<"));
  CHECK(holds(html, "i5-10210U CPU"));
  CHECK(holds(html, "of 29,600 accesses that nothing covered were hits"));
  CHECK(holds(html, "cachebench run --config configs/run/quickstart.json --mode real"));
  CHECK(holds(html, "locked memory"));
}

TEST_CASE("a run that is not complete says so, with its reasons") {
  result::RunResult result = test::sample_result();
  result.status = result::Status::kPartial;
  result.reasons = {"interrupted <by> a signal"};
  CHECK(holds(first_screen(result), "The run was interrupted"));
  CHECK(holds(first_screen(result), "interrupted &lt;by&gt; a signal"));
  result.status = result::Status::kInvalid;
  CHECK(holds(first_screen(result), "broke a rule of validity"));
}

TEST_CASE("facts are shown where the manifest has them, and left out where not") {
  result::RunResult result = test::sample_result();
  result.manifest =
      R"({"command_line":["cachebench","run","--set","a=b c"],"machine":{"cpu":"A <CPU>"},"profile":{"name":"p"}})";
  result.config = "{}";
  const std::string html = first_screen(result);
  CHECK(holds(html, ">cachebench run --set &#39;a=b c&#39;</pre>"));
  CHECK(holds(html, "A &lt;CPU&gt;"));
  result.manifest = "{}";
  CHECK(!holds(first_screen(result), "Repeat it"));
  CHECK(holds(first_screen(result), "requests."));
}

TEST_CASE("settings are listed leaf by leaf") {
  const std::string html = report::settings_section(result::to_json(test::sample_result()));
  CHECK(holds(html, ">cache.tiers[0].eviction.policy</th>"));
  CHECK(holds(html, "data-path=\"/config/cache/tiers/0/eviction/policy\">lru<"));
  CHECK(holds(html, ">machine.memory_bytes</th>"));
}

TEST_CASE("the page may load nothing, and hostile names stay text") {
  result::RunResult result = test::sample_result();
  const std::string evil = "</script><img src=x onerror=alert(1)>";
  result.name = result.trace.name = result.tiers[0].name = result.tiers[1].device = evil;
  result.kinds[evil] = {};
  result.latency[evil] = {};
  result.model_check[0].tier = result.model_check[1].kind = evil;
  result.reasons = result.notes = {evil};
  result.decision_log_hash = result.trace.sha256 = evil;
  result.config = R"({"</script><img src=x onerror=alert(1)>":"</script><img src=x onerror=alert(1)>"})";
  const std::string html = report::render("html", result);
  CHECK(!holds(html, evil));
  CHECK(!holds(html, "<img"));
  CHECK(holds(html, "default-src 'none'"));
  CHECK(holds(html, "Content-Security-Policy"));
  for (const char* needed :
       {"<html lang=", "<main", "<nav", "<footer", "class=\"skip\"", "prefers-color-scheme",
        "prefers-reduced-motion", "@media print", "Apache License", "Copyright (c) 2017, Baidu"}) {
    CAPTURE(needed);
    CHECK(holds(html, needed));
  }
}

}  // namespace

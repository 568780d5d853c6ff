// SPDX-License-Identifier: Apache-2.0
#include "report/similarity_page.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/page_check.h"
#include "support/sample_study.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

TEST_CASE("every figure of a study's page is in the document") {
  test::hold_page_to(test::sample_study(), report::similarity_page(test::sample_study()), 300, "");
}

TEST_CASE("the page draws the curves, names the threshold, and says where there is none") {
  const std::string html = report::similarity_page(test::sample_study());
  CHECK(html.find("data-chart=\"precision\"") != std::string::npos);
  CHECK(html.find("data-chart=\"recall\"") != std::string::npos);
  CHECK(html.find("data-path=\"/chosen/0/plain/max_distance\"") != std::string::npos);
  CHECK(html.find("no distance is precise enough") != std::string::npos);
}

TEST_CASE("hostile names stay text") {
  Json hostile = test::sample_study();
  const std::string evil = "</script><img src=x onerror=alert(1)>";
  hostile["source"] = hostile["curves"][0]["name"] = hostile["curves"][2]["name"] = evil;
  const std::string html = report::similarity_page(hostile);
  CHECK(html.find(evil) == std::string::npos);
  CHECK(html.find("<img") == std::string::npos);
}

}  // namespace

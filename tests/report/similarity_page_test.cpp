// SPDX-License-Identifier: Apache-2.0
#include "report/similarity_page.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/page_check.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

Json accepted(std::uint64_t right, std::uint64_t wrong, std::uint64_t queries) {
  const auto ratio = [](std::uint64_t part, std::uint64_t whole) -> Json {
    if (whole == 0) return nullptr;
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  return {{"right", right},
          {"wrong", wrong},
          {"precision", ratio(right, right + wrong)},
          {"recall", ratio(right, queries)}};
}

Json curve(const std::string& name, const std::string& sort, std::uint64_t queries) {
  Json points = Json::array();
  for (std::uint64_t bits = 0; bits <= 32; ++bits) {
    points.push_back({{"max_distance", bits},
                      {"threshold", 1 - static_cast<double>(bits) / 64},
                      {"plain", accepted(queries * bits / 32, bits / 4, queries)},
                      {"confirmed", accepted(queries * bits / 64, bits / 16, queries)}});
  }
  return {{"name", name},
          {"sort", sort},
          {"queries_with_original", queries},
          {"queries_without_original", 40},
          {"points", points}};
}

Json study() {
  Json chosen = accepted(30, 1, 40);
  chosen["max_distance"] = 6;
  chosen["threshold"] = 0.90625;
  return {{"schema", "cachebench/similarity-study"},
          {"source", "made-up scenes"},
          {"pictures", 40},
          {"least_precision", 0.99},
          {"fine_distance", 10},
          {"fine_bits", 256},
          {"chosen",
           {{{"over", "all copies"}, {"plain", chosen}, {"confirmed", chosen}},
            {{"over", "all copies and views"}, {"plain", nullptr}, {"confirmed", chosen}}}},
          {"curves",
           {curve("jpeg-50", "copy", 40), curve("view-2%", "other view", 0),
            curve("all copies", "pooled", 40), curve("all copies and views", "pooled", 40)}}};
}

TEST_CASE("every figure of a study's page is in the document") {
  test::hold_page_to(study(), report::similarity_page(study()), 300, "");
}

TEST_CASE("the page draws the curves, names the threshold, and says where there is none") {
  const std::string html = report::similarity_page(study());
  CHECK(html.find("data-chart=\"precision\"") != std::string::npos);
  CHECK(html.find("data-chart=\"recall\"") != std::string::npos);
  CHECK(html.find("data-path=\"/chosen/0/plain/max_distance\"") != std::string::npos);
  CHECK(html.find("no distance is precise enough") != std::string::npos);
}

TEST_CASE("hostile names stay text") {
  Json hostile = study();
  const std::string evil = "</script><img src=x onerror=alert(1)>";
  hostile["source"] = hostile["curves"][0]["name"] = hostile["curves"][2]["name"] = evil;
  const std::string html = report::similarity_page(hostile);
  CHECK(html.find(evil) == std::string::npos);
  CHECK(html.find("<img") == std::string::npos);
}

}  // namespace

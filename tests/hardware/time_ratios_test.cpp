// SPDX-License-Identifier: Apache-2.0
#include "hardware/time_ratios.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "core/error.h"
#include "core/json_file.h"
#include "hardware/sourced_profile.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::hardware;
using testing::Json;
using testing::kDefaultFile;
using testing::sourced;

namespace {

bool is_refused(const Json& object) {
  return testing::is_refused(time_skews_of, kTimeSkews, object);
}

}  // namespace

TEST_CASE("a figure's skew is that of the last variant that is known, of itself, or none") {
  const Json document{
      {kTimeSkews,
       {{"lookup", sourced(1.5)}, {"ssd_read", sourced(1.25)}, {"ssd_read.multimodal", sourced(2)}}}};
  const TimeRatios skews = time_skews_of("p.json", document);
  CHECK(skews.size() == 3);
  const std::vector<std::string> usual{"eviction.lru", "migration.demote-on-evict"};
  const std::vector<std::string> multimodal{"eviction.lru", "multimodal"};
  CHECK(ratio_of(skews, "lookup", usual) == 1.5);
  CHECK(ratio_of(skews, "ssd_read", usual) == 1.25);
  CHECK(ratio_of(skews, "lookup", multimodal) == 1.5);
  CHECK(ratio_of(skews, "ssd_read", multimodal) == 2);
  CHECK(ratio_of(skews, "h2d", usual) == std::nullopt);
}

TEST_CASE("a profile need not have any skews, and senseless ones are refused") {
  CHECK(time_skews_of("p.json", Json::object()).empty());
  CHECK(find_profile(kDefaultFile).time_skews.empty());
  CHECK(is_refused(Json::array()));
  CHECK(is_refused({{"d2h", sourced(1)}}));
  CHECK(is_refused({{"lookup_ns", sourced(1)}}));
  CHECK(is_refused({{"lookup", 3}}));
  CHECK(is_refused({{"lookup", {{"value", 3}}}}));
  CHECK(is_refused({{"lookup", sourced(0)}}));
  CHECK(is_refused({{"lookup", sourced(-1)}}));
  CHECK(is_refused({{"lookup", sourced(1e7)}}));
  CHECK(is_refused({{"lookup", {{"value", 3}, {"source", ""}}}}));
}

TEST_CASE("an upper quartile does not lie below the median") {
  const Json document{{kTimeSpreads, {{"lookup.repeated", sourced(1)}, {"lookup", sourced(1.3)}}}};
  CHECK(time_spreads_of("p.json", document).at("lookup") == 1.3);
  CHECK(time_spreads_of("p.json", Json::object()).empty());
  CHECK(testing::is_refused(time_spreads_of, kTimeSpreads, {{"lookup", sourced(0.9)}}));
  CHECK(testing::is_refused(time_spreads_of, kTimeSpreads, {{"d2h", sourced(1.1)}}));
}

TEST_CASE("skews are part of a profile's file, and change none of its figures") {
  const testing::TempDir folder;
  Json document = read_json_file(kDefaultFile, ErrorKind::kUsage);
  document[kTimeSkews] = {{"lookup", sourced(1.5)}};
  document[kTimeSpreads] = {{"lookup", sourced(1.2)}};
  const std::string path = folder / "mine.json";
  testing::write_text(path, document.dump());
  CHECK(read_profile(path).lookup == read_profile(kDefaultFile).lookup);
  CHECK(find_profile(path).time_skews.at("lookup") == 1.5);
  CHECK(find_profile(path).time_spreads.at("lookup") == 1.2);
  document[kTimeSkews] = {{"lfu", sourced(1)}};
  testing::write_text(path, document.dump());
  CHECK_THROWS_AS(static_cast<void>(read_profile(path)), Error);
}

// SPDX-License-Identifier: Apache-2.0
#include "report/trace_events.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace {

using namespace cachebench;

TEST_CASE("ranges become complete events, by time, outer before inner, from the first on") {
  const std::vector<RecordedRange> ranges = {{"tier.copy", 2, 5'000'123, 5'001'500, 4096},
                                             {"cache.lookup", 1, 5'000'000, 5'000'900, 7},
                                             {"request", 1, 5'000'000, 5'009'999, 0}};
  const auto json = nlohmann::json::parse(report::trace_events(ranges, 3));
  CHECK(json["otherData"]["dropped_ranges"] == 3);
  std::vector<nlohmann::json> events;
  int names = 0;
  for (const auto& event : json["traceEvents"]) {
    if (event["ph"] == "X") events.push_back(event);
    if (event["name"] == "thread_name") ++names;
  }
  CHECK(names == 2);
  REQUIRE(events.size() == 3);
  CHECK(events[0]["name"] == "request");
  CHECK(events[0]["ts"] == 0.0);
  CHECK(events[0]["dur"].get<double>() == doctest::Approx(9.999));
  CHECK(events[1]["name"] == "cache.lookup");
  CHECK(events[2]["ts"].get<double>() == doctest::Approx(0.123));
  CHECK(events[2]["cat"] == "tier");
  CHECK(events[2]["args"]["payload"] == 4096);
}

TEST_CASE("no ranges are still a document") {
  const auto json = nlohmann::json::parse(report::trace_events({}));
  CHECK(json["traceEvents"].size() == 1);
}

}  // namespace

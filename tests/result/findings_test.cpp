// SPDX-License-Identifier: Apache-2.0
#include "result/findings.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "support/sample_result.h"

namespace {

using namespace cachebench;

TEST_CASE("three sentences, each with its numbers and the word for where its times come from") {
  const auto list = result::findings(test::sample_result());
  REQUIRE(list.size() == 3);
  CHECK(list[0].find("51.4% of 29,600 accesses that nothing covered") != std::string::npos);
  CHECK(list[0].find("L1 served 53.3% of them, L2 34.2%, L3 12.5%") != std::string::npos);
  CHECK(list[1].find("modelled 6 min 52 s") != std::string::npos);
  CHECK(list[2].find("537 µs (by the clock, on an emulated device)") != std::string::npos);
}

TEST_CASE("a simulated run tells of its misses instead of the clock") {
  result::RunResult result = test::sample_result();
  result.model_check.clear();
  CHECK(result::findings(result)[2] ==
        "Of 14,400 misses 61.8% were cold: seen for the first time, so no cache of any size avoids them.");
}

TEST_CASE("what was reached is set against the bound, where there is one") {
  result::RunResult result = test::sample_result();
  auto list = result::findings(result);
  CHECK(list[0].find("could have served 75.9% of all accesses: 80.4% of that was reached.") !=
        std::string::npos);
  CHECK(list[1].find("no policies could save more than a modelled 8 min 35 s: this is 19.9% short of it.") !=
        std::string::npos);
  result.bounds->saved_ns.reset();
  CHECK(result::findings(result)[1].find("short of") == std::string::npos);
  result.bounds.reset();
  list = result::findings(result);
  CHECK(list[0].find("reached") == std::string::npos);
  CHECK(list[1].find("short of") == std::string::npos);
}

TEST_CASE("where the working set fits into a tier, that is said first") {
  result::RunResult result = test::sample_result();
  result.tiers[1].capacity_bytes = 2 * *result.trace.bytes_distinct;
  const auto list = result::findings(result);
  CHECK(list.size() == 3);
  CHECK(list[0].find("fits into L2 (17.0 GiB, 2.00 times as much)") != std::string::npos);
}

TEST_CASE("wrong bytes come first; nothing accessed is said; a loss is called one") {
  result::RunResult result = test::sample_result();
  result.totals.wrong_bytes = 4096;
  CHECK(result::findings(result)[0].find("4,096 wrong bytes") == 0);
  CHECK(result::findings(result).size() == 3);
  CHECK(result::findings(result::RunResult{}).size() == 1);
  result = test::sample_result();
  result.totals.saved_ns = -5'000'000;
  CHECK(result::findings(result)[1].find("5 ms more") != std::string::npos);
}

TEST_CASE("every cause of a miss has its advice") {
  for (const auto& [name, field] : result::kMissCauseFields) {
    result::RunResult result = test::sample_result();
    result.model_check.clear();
    result.misses_by_cause = {};
    result.misses_by_cause.*field = result.totals.misses;
    CHECK(result::findings(result)[2].find("100.0% were") != std::string::npos);
  }
}

TEST_CASE("numbers for people") {
  CHECK(result::format_count(0) == "0");
  CHECK(result::format_count(999) == "999");
  CHECK(result::format_count(1000) == "1,000");
  CHECK(result::format_count(UINT64_MAX) == "18,446,744,073,709,551,615");
  CHECK(result::format_share(std::nullopt) == "–");
  CHECK(result::format_share(std::nan("")) == "–");
  CHECK(result::format_share(0.12345) == "12.3%");
  CHECK(result::format_ns(-1500) == "-1.5 µs");
  CHECK(result::format_ns(INT64_MIN).starts_with("-"));
}

}  // namespace

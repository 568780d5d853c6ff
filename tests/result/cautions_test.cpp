// SPDX-License-Identifier: Apache-2.0
#include "result/cautions.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/sample_result.h"

namespace {

using namespace cachebench;

std::size_t count_with(const std::vector<std::string>& list, const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      list.begin(), list.end(), [&](const auto& line) { return line.find(text) != line.npos; }));
}

TEST_CASE("a tier that the working set fits into is named with the figures, one that it does not is not") {
  result::RunResult sample = test::sample_result();
  CHECK(count_with(result::cautions(sample), "fits into") == 0);
  sample.tiers[2].capacity_bytes = *sample.trace.bytes_distinct;  // 9.12 GB
  const auto list = result::cautions(sample);
  REQUIRE(count_with(list, "fits into") == 1);
  CHECK(
      list[0] ==
      "The working set of 8.49 GiB fits into L3 (8.49 GiB, 1.00 times as much): no eviction policy there can "
      "differ from another.");
  --sample.tiers[2].capacity_bytes;
  CHECK(count_with(result::cautions(sample), "fits into") == 0);
  sample.trace.bytes_distinct.reset();  // not counted: nothing is claimed
  CHECK(count_with(result::cautions(sample), "fits into") == 0);
  CHECK(!result::fits_caution("L1", 100, 0));
}

TEST_CASE("a tier without traffic is warned of, one with any is not") {
  result::RunResult sample = test::sample_result();
  CHECK(count_with(result::cautions(sample), "no traffic") == 0);
  sample.tiers[2].bytes_read = 0;
  CHECK(count_with(result::cautions(sample), "no traffic") == 0);  // written to, never read
  sample.tiers[2].bytes_written = 0;
  CHECK(count_with(result::cautions(sample), "L3 carried no traffic") == 1);
}

TEST_CASE("modelled and emulated times are called so, measured ones need no caution") {
  result::RunResult sample = test::sample_result();
  CHECK(count_with(result::cautions(sample), "L1 is on an emulated device") == 1);
  sample.tiers[1].device = "emulated";
  CHECK(count_with(result::cautions(sample), "L1, L2 are on an emulated device") == 1);
  for (result::TierResult& tier : sample.tiers) tier.device = "host";
  CHECK(result::cautions(sample).empty());
  sample.mode = "simulate";
  CHECK(count_with(result::cautions(sample), "modelled") == 1);
}

TEST_CASE("a run without accesses has nothing to be careful with") {
  CHECK(result::cautions(result::RunResult{}).empty());
}

}  // namespace

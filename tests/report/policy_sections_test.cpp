// SPDX-License-Identifier: Apache-2.0
#include "report/policy_sections.h"

#include <doctest/doctest.h>

#include <string>

#include "report/html_parts.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

result::RunResult sample() {
  result::RunResult run = test::sample_result();
  run.bounds = result::Bounds{.method = "tiered",
                              .compulsory_misses = 8'900,
                              .infinite_saved_ns = 520'000'000'000,
                              .saved_ns = 500'000'000'000,
                              .worth_ns_per_byte = {{"L1", 12.5}, {"L2", 0}},
                              .notes = {"entries of <many> sizes"}};
  run.prefetch = result::Prefetch();
  run.prefetch->issued = {10, 1000};
  run.prefetch->used = {6, 600};
  run.prefetch->late = {1, 100};
  run.prefetch->evicted_unused = {3, 300};
  run.tiers[0].facts = {{"switches", 4}, {"shadow_bytes", 4096}};
  run.migration_facts = {{"calibration_brier", 0.125}};
  return run;
}

TEST_CASE("regret stands beside both bounds, the reachable share and what a byte is worth") {
  const std::string html = report::bounds_section(sample());
  CHECK(holds(html, report::chart("bounds")));
  CHECK(holds(html, "data-path=\"/bounds/regret_ratio\">17.5%<"));  // (500 - 412.3) / 500
  CHECK(holds(html, "data-path=\"/bounds/reachable_ratio\""));
  CHECK(holds(html, "12.5 ns a byte"));
  CHECK(holds(html, "its size does not bind"));
  CHECK(holds(html, "entries of &lt;many&gt; sizes"));
  result::RunResult bare = sample();
  bare.bounds = result::Bounds();
  CHECK_FALSE(holds(report::bounds_section(bare), "data-chart"));
  bare.bounds.reset();
  CHECK(report::bounds_section(bare).empty());
}

TEST_CASE("every end of a prefetch has its row") {
  const std::string html = report::prefetch_section(sample());
  CHECK(holds(html, report::chart("prefetch")));
  for (const auto& [name, field] : result::kPrefetchEnds) {
    CHECK(holds(html, std::string("/prefetch/") + name + "/bytes"));
  }
  result::RunResult none = sample();
  none.prefetch = result::Prefetch{};
  CHECK_FALSE(holds(report::prefetch_section(none), "data-chart"));
  none.prefetch.reset();
  CHECK(report::prefetch_section(none).empty());
}

TEST_CASE("facts of policies are listed with whose they are") {
  const std::string html = report::facts_section(sample());
  CHECK(holds(html, "data-path=\"/tiers/0/facts/switches\">4<"));
  CHECK(holds(html, "data-path=\"/migration_facts/calibration_brier\">0.125<"));
  result::RunResult none = sample();
  for (auto& tier : none.tiers) tier.facts.clear();
  none.migration_facts.clear();
  none.prefetch_facts.clear();
  CHECK(report::facts_section(none).empty());
}

}  // namespace

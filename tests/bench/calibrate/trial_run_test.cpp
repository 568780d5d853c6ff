// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/trial_run.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("a trial run has hits in every tier, counts the same each time, and leaves nothing behind") {
  const testing::TempDir folder;
  const CalibrationOptions options;
  const StopToken stop;
  const RealClock clock;
  const Session session(options, stop, clock);
  {
    const TrialRun trial(session, hardware::find_profile(hardware::kDefaultProfile), folder / "");
    const TrialTimes once = trial.once();
    const TrialTimes again = trial.once();
    for (const LookupClass one : {LookupClass::kUsual, LookupClass::kFirst, LookupClass::kEarly,
                                  LookupClass::kRepeated, LookupClass::kPromoting}) {
      CAPTURE(name_of(one));
      const TrialTimes::Lookups& lookups = once.lookups[static_cast<std::size_t>(one)];
      CHECK(lookups.count >= 100);
      CHECK(lookups.count == again.lookups[static_cast<std::size_t>(one)].count);
      CHECK(lookups.median > 0);
      CHECK(lookups.mean > 0);
    }
    constexpr auto kSimilar = static_cast<std::size_t>(LookupClass::kSimilar);
    CHECK(once.lookups[kSimilar].count == 0);
    CHECK(trial.once({.multimodal = true}).lookups[kSimilar].count >= 30);
    CHECK(trial.once({.verify = true}).tiers.front().count == once.tiers.front().count);
    CHECK(trial.profile().name == "trial");
    const std::vector<result::TierCheck>& first = once.tiers;
    const std::vector<result::TierCheck>& second = again.tiers;
    REQUIRE(first.size() == 3);
    REQUIRE(second.size() == 3);
    for (std::size_t i = 0; i < first.size(); ++i) {
      CAPTURE(first[i].tier);
      CHECK(first[i].count >= 100);
      CHECK(first[i].count == second[i].count);
      CHECK(first[i].predicted_ns == second[i].predicted_ns);
      CHECK(first[i].measured_p50_ns > 0);
    }
  }
  CHECK(std::filesystem::is_empty(folder / ""));
}

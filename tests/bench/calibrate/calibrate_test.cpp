// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/calibrate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("an unknown part is refused with the nearest") {
  CHECK_NOTHROW(check_parts(calibration_parts()));
  CHECK_THROWS_WITH_AS(check_parts({"memcopy"}), doctest::Contains("'memcpy'"), Error);
}

TEST_CASE("every part alone measures something or says why not, and leaves nothing behind") {
  const testing::TempDir folder;
  for (const std::string& part : calibration_parts()) {
    CAPTURE(part);
    CalibrationOptions options;
    options.directory = folder / "";
    options.quick = true;
    options.only = {part};
    const StopToken stop;
    const RealClock clock;
    Session session(options, stop, clock);
    calibrate(session);
    CHECK(!(session.figures().empty() && session.notes().empty()));
    for (const Measurement& row : session.measurements()) {
      CHECK(row.spread.median > 0);
      CHECK(row.spread.repetitions >= 3);
    }
    CHECK(std::filesystem::is_empty(folder / ""));
  }
}

TEST_CASE("a stop before the first part leaves all out") {
  CalibrationOptions options;
  StopToken stop;
  stop.request(2);
  const VirtualClock clock;
  Session session(options, stop, clock);
  calibrate(session);
  CHECK(session.measurements().empty());
  CHECK(session.figures().empty());
}

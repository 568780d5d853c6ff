// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/calibrate.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "hardware/limits.h"
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

TEST_CASE("a row is measured without the rows that stand before it in its part") {
  const testing::TempDir folder;
  for (const auto& [part, row] :
       std::vector<std::pair<std::string, std::string>>{{"transfers", "d2h_pinned_16MiB"},
                                                        {"transfers", "both_ways_pinned_16MiB"},
                                                        {"transfers", "h2d_16KiB_latency"},
                                                        {"ssd", "ssd_record_exchange_16KiB"},
                                                        {"ssd", "ssd_record_write_128KiB"}}) {
    CAPTURE(row);
    CalibrationOptions options;
    options.directory = folder / "";
    options.quick = true;
    options.only = {part};
    options.rows = {row};
    const StopToken stop;
    const RealClock clock;
    Session session(options, stop, clock);
    calibrate(session);
    REQUIRE(session.measurements().size() == 1);
    CHECK(session.measurements()[0].name == row);
  }
}

TEST_CASE("rows that no part measured are an error that names them all") {
  CalibrationOptions options;
  options.quick = true;
  options.only = {"memcpy"};
  options.rows = {"nosuch", "memcpy_1_thread", "sha256"};
  const StopToken stop;
  const VirtualClock clock;
  Session session(options, stop, clock);
  try {
    calibrate(session);
    FAIL("two rows are missing");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(std::string(error.what()).find("nosuch, sha256: not measured") != std::string::npos);
  }
}

TEST_CASE("a row that came too late is noted") {
  CalibrationOptions options;
  options.rows = {"memcpy_1_thread"};
  options.limit = Nanoseconds{1};
  const StopToken stop;
  VirtualClock clock;
  Session session(options, stop, clock);
  clock.advance(Nanoseconds{1});
  calibrate(session);
  const std::vector<std::string>& notes = session.notes();
  CHECK(std::count_if(notes.begin(), notes.end(), [](const std::string& note) {
          return note.starts_with("memcpy_1_thread: not measured");
        }) == 1);
}

TEST_CASE("a drive that is memory is measured, and every figure of it says so") {
  const std::string shared = "/dev/shm";
  if (hardware::inspect_directory(shared).filesystem != "tmpfs" || ::access(shared.c_str(), W_OK) != 0) {
    MESSAGE("skipped: no file system in memory");
    return;
  }
  CalibrationOptions options;
  options.directory = shared;
  options.quick = true;
  options.only = {"ssd"};
  const StopToken stop;
  const RealClock clock;
  Session session(options, stop, clock);
  calibrate(session);
  REQUIRE(session.figures().contains("ssd_read_bytes_per_second"));
  for (const auto& [key, figure] : session.figures()) {
    CAPTURE(key);
    CHECK(figure.source.find("(memory, not a drive)") != std::string::npos);
  }
  const std::vector<std::string>& notes = session.notes();
  const auto note = std::find_if(notes.begin(), notes.end(), [&](const std::string& text) {
    return text.starts_with("ssd: " + shared + " is on tmpfs");
  });
  CHECK(note != notes.end());
}

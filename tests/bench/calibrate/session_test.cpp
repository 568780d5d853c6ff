// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/session.h"

#include <doctest/doctest.h>

#include <regex>

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("a measurement becomes a row, and a figure with its source") {
  CalibrationOptions options;
  const StopToken stop;
  VirtualClock clock;
  Session session(options, stop, clock);
  const auto spread = session.measure({.name = "some", .unit = "ns", .basis = CalibrationBasis::kEmulated},
                                      [] { return 5.0; });
  REQUIRE(spread);
  REQUIRE(session.measurements().size() == 1);
  CHECK(session.measurements()[0].name == "some");
  CHECK(session.measurements()[0].is_steady);
  CHECK(std::string(name_of(session.measurements()[0].basis)) == "emulated");
  session.set_figure("lookup_ns", 5, *spread, "how");
  const std::string source = session.figures().at("lookup_ns").source;
  CHECK(
      std::regex_match(source, std::regex("measured here on \\d{4}-\\d\\d-\\d\\d by calibrate, median of 5, "
                                          "spread 0\\.0%: how")));
}

TEST_CASE("what does not settle is said to be unsteady, in the row and in the source") {
  CalibrationOptions options;
  const StopToken stop;
  VirtualClock clock;
  Session session(options, stop, clock);
  int turn = 0;
  const auto spread = session.measure({.name = "x", .unit = "ns"}, [&] {
    clock.advance(Nanoseconds{100'000'000});
    return ++turn % 2 == 0 ? 1.0 : 9.0;
  });
  REQUIRE(spread);
  CHECK(!session.measurements()[0].is_steady);
  session.set_figure("lookup_ns", 5, *spread, "");
  CHECK(session.figures().at("lookup_ns").source.find("(not steady)") != std::string::npos);
}

TEST_CASE("one repetition has no spread, and is not steady for that, in the row and in the source") {
  CalibrationOptions options;
  const StopToken stop;
  VirtualClock clock;
  Session session(options, stop, clock);
  const auto spread = session.measure({.name = "slow", .unit = "ns"}, [&] {
    clock.advance(options.limit);
    return 5.0;
  });
  REQUIRE(spread);
  CHECK(spread->repetitions == 1);
  CHECK(!session.measurements()[0].is_steady);
  session.set_figure("lookup_ns", 5, *spread, "");
  CHECK(session.figures().at("lookup_ns").source.find("(not steady)") != std::string::npos);
}

TEST_CASE("a note is not called a measurement that is missing") {
  const CalibrationOptions options;
  const StopToken stop;
  const VirtualClock clock;
  Session session(options, stop, clock);
  session.note("ssd", "is memory");
  session.leave_out("link", "no card");
  CHECK(session.notes() == std::vector<std::string>{"ssd: is memory", "link: not measured, no card"});
}

TEST_CASE("once the time is over or a stop is asked for, nothing begins") {
  CalibrationOptions options;
  options.limit = Nanoseconds{1'000};
  StopToken stop;
  VirtualClock clock;
  Session session(options, stop, clock);
  clock.advance(Nanoseconds{1'000});
  CHECK(session.is_over());
  CHECK(!session.measure({.name = "late", .unit = "ns"}, [] { return 1.0; }));
  REQUIRE(session.notes().size() == 1);
  CHECK(session.notes()[0].find("late: not measured") == 0);

  stop.request(2);
  Session stopped(options, stop, clock);
  CHECK(!stopped.measure({.name = "never", .unit = "ns"}, [] { return 1.0; }));
  CHECK(stopped.notes().empty());
}

TEST_CASE("rows that were not asked for are passed over without a word") {
  CalibrationOptions options;
  options.rows = {"b"};
  const StopToken stop;
  const VirtualClock clock;
  Session session(options, stop, clock);
  CHECK(!session.measure({.name = "a", .unit = "ns"}, [] { return 1.0; }));
  CHECK(session.measure({.name = "b", .unit = "ns"}, [] { return 1.0; }));
  CHECK(session.notes().empty());
}

TEST_CASE("a shorter limit shortens each measurement") {
  CalibrationOptions options;
  options.limit = Nanoseconds{12'000'000'000};  // a tenth of the usual
  const StopToken stop;
  VirtualClock clock;
  Session session(options, stop, clock);
  int turn = 0;
  const auto spread = session.measure({.name = "x", .unit = "ns"}, [&] {
    clock.advance(Nanoseconds{10'000'000});
    return ++turn % 2 == 0 ? 1.0 : 9.0;
  });
  REQUIRE(spread);
  CHECK(spread->repetitions == 20);  // 200 ms
}

TEST_CASE("what takes long is not begun where it would end after the limit") {
  CalibrationOptions options;
  options.limit = Nanoseconds{1'000'000'000};
  const StopToken stop;
  VirtualClock clock;
  Session session(options, stop, clock);
  int turns = 0;
  const auto spread = session.measure({.name = "slow", .unit = "ns", .weight = 100}, [&] {
    clock.advance(Nanoseconds{300'000'000});
    return static_cast<double>(++turns % 2);
  });
  REQUIRE(spread);
  CHECK(turns == 3);
  CHECK_FALSE(session.is_over());
  CHECK(session.has_time_for(Nanoseconds{50'000'000}));
  CHECK_FALSE(session.has_time_for(Nanoseconds{100'000'000}));
}

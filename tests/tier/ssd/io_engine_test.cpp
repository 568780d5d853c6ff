// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/io_engine.h"

#include <doctest.h>

#include <string>
#include <vector>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::tier;

TEST_CASE("an engine by name, and a word where it is not the usual one") {
  std::vector<std::string> notes;
  CHECK(std::string(make_io_engine("threads", 0, 3, notes)->name()) == "threads");
  CHECK(notes == std::vector<std::string>{"io_uring is switched off: the SSD tier uses 3 threads"});
  notes.clear();
  const auto engine = make_io_engine("auto", 0, 100, notes);
  if (std::string(engine->name()) == "io_uring") {
    CHECK(notes.empty());
    CHECK(std::string(make_io_engine("io_uring", 0, 1, notes)->name()) == "io_uring");
  } else {
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].find("the SSD tier uses 16 threads") != std::string::npos);
    CHECK_THROWS_AS(static_cast<void>(make_io_engine("io_uring", 0, 1, notes)), Error);
  }
}

TEST_CASE("an unknown engine is a usage error that names the nearest") {
  CHECK_THROWS_WITH_AS(check_io_engine_name("iouring"),
                       "unknown I/O engine 'iouring'; did you mean 'io_uring'?", Error);
}

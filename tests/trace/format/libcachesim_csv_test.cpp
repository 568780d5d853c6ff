// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/hash.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

TEST_CASE("columns are found by their names, in any order") {
  const TempDir folder;
  write_text(folder / "a.csv",
             "version,time,op,size,lbn\n1,33898,2a,512,42932745\n1,33899,2a,6656,40409911\n");
  CHECK(read_objects(folder / "a.csv") ==
        std::vector<ObjectAccess>{{.time_s = 33898, .key = 42932745, .size = 512},
                                  {.time_s = 33899, .key = 40409911, .size = 6656}});
  write_text(folder / "b.csv", "# obj-id, Timestamp, next_access_vtime, obj_size\nx,1.5,2,9\nx,2,-1,9\n");
  const auto accesses = read_objects(folder / "b.csv");
  REQUIRE(accesses.size() == 2);
  CHECK(accesses[0] == ObjectAccess{.time_s = 1.5, .key = hash64("x"), .size = 9, .next = 2});
  CHECK(accesses[1].next == -1);
}

TEST_CASE("the columns of the usual samples need no header line") {
  const TempDir folder;
  write_text(folder / "a.csv", "1,33898,2a,512,42932745\n");
  CHECK(read_objects(folder / "a.csv").at(0).key == 42932745);
  write_text(folder / "b.csv", "5,77,512,9223372036854775807\n");
  const auto accesses = read_objects(folder / "b.csv");
  CHECK(accesses.at(0) == ObjectAccess{.time_s = 5, .key = 77, .size = 512});
}

TEST_CASE("mistakes are named with their line") {
  const TempDir folder;
  const auto error = [&](const std::string& text) {
    write_text(folder / "a.csv", text);
    return error_of_reading(folder / "a.csv", {.format = "libcachesim-csv"});
  };
  CHECK(contains(error("a,b\n"), "a.csv:1: neither a header line"));
  CHECK(contains(error("time,obj_id,obj_size\n1,2\n"), "a.csv:2: 2 fields, expected 3"));
  CHECK(contains(error("time,obj_id,obj_size\n1,2,0\n"), "a.csv:2: size is 0"));
  CHECK(
      contains(error("time,obj_id,obj_size,next_access_vtime\n1,2,1,-5\n"), "next access '-5' is negative"));
}

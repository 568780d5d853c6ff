// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/hash.h"
#include "trace/trace_helpers.h"
#include "trace/writer.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

std::string error_for(const std::string& line) {
  const TempDir folder;
  write_text(folder / "a.csv", "time,key,size\n5,1,1\n" + line + "\n");
  return error_of_reading(folder / "a.csv");
}

}  // namespace

TEST_CASE("with and without a header line, with and without kinds") {
  const TempDir folder;
  const std::vector<ObjectAccess> expected{{.time_s = 1, .key = 2, .size = 3},
                                           {.time_s = 1.5, .key = 2, .size = 4}};
  for (const std::string text :
       {"time,key,size\n1,2,3\n1.5,2,4", "1,2,3\r\n1.5,2,4\r\n", "time,key,size,kind\n1,2,3\n1.5,2,4\n"}) {
    write_text(folder / "a", text);
    CHECK(read_objects(folder / "a", {.format = "csv"}) == expected);
  }
  write_text(folder / "a.csv", "0,abc,7,vision_encoder_output\n");
  const auto accesses = read_objects(folder / "a.csv", {.format = "csv"});
  REQUIRE(accesses.size() == 1);
  CHECK(accesses[0].key == hash64("abc"));
  CHECK(accesses[0].kind == ArtefactKind::kVisionEncoderOutput);
  write_text(folder / "b.csv", "time,key,size\n");
  CHECK(read_objects(folder / "b.csv").empty());
}

TEST_CASE("mistakes are named with their line") {
  CHECK(contains(error_for("6,1,0"), "a.csv:3: size is 0"));
  CHECK(contains(error_for("6,1,-4"), "a.csv:3: size '-4' is negative"));
  CHECK(contains(error_for("nan,1,1"), "time 'nan' is not finite"));
  CHECK(contains(error_for("-1,1,1"), "negative"));
  CHECK(contains(error_for("4,1,1"), "out of order: time 4 after 5"));
  CHECK(contains(error_for("6,1"), "2 fields"));
  CHECK(contains(error_for("6,1,1,object,x"), "5 fields"));
  CHECK(contains(error_for("6,1,1,imag"), "did you mean 'image'"));
  CHECK(contains(error_for("6,1,99999999999999999999"), "2^64"));
  CHECK(contains(error_for("6,-3,1"), "object id '-3' is negative"));
}

TEST_CASE("what is written is read again, to the last digit of the time") {
  const TempDir folder;
  const std::vector<ObjectAccess> accesses{
      {.time_s = 0.1, .key = UINT64_MAX, .size = 1, .next = -1, .kind = ArtefactKind::kText},
      {.time_s = 1.0 / 3.0, .key = 0, .size = UINT64_MAX, .next = -1, .kind = ArtefactKind::kImage},
      {.time_s = 1e17, .key = 5, .size = 7, .next = -1, .kind = ArtefactKind::kObject}};
  for (const std::string name : {"a.csv", "a.csv.zst"}) {
    const auto writer = create_trace(folder / name, "csv", {});
    writer->write(accesses);
    writer->finish();
    CHECK(read_objects(folder / name) == accesses);
  }
  const auto writer = create_trace(folder / "b.csv", "csv", {});
  writer->finish();
  CHECK(read_text(folder / "b.csv") == "time,key,size\n");
}

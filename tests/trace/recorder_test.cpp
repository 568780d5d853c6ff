// SPDX-License-Identifier: Apache-2.0
#include "trace/recorder.h"

#include <doctest/doctest.h>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

TEST_CASE("a recording of requests reads as what was recorded") {
  const TempDir folder;
  Header header;
  header.name = "run";
  header.block_tokens = 32;
  Request request;
  request.arrival = Nanoseconds(1234567);
  request.id = 9;
  request.session = 4;
  request.inputs.emplace_back();
  request.inputs.back().tokens = 12;
  {
    Recorder dropped(folder / "a.jsonl", TraceClass::kRequests, header);
    dropped.add(request);
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  Recorder recorder(folder / "a.jsonl", TraceClass::kRequests, header);
  recorder.add(request);
  CHECK(recorder.recorded() == 1);
  recorder.finish();
  CHECK(read_requests(folder / "a.jsonl") == std::vector<Request>{request});
  CHECK(open_trace(folder / "a.jsonl")->header().block_tokens == 32);
}

TEST_CASE("a recording of objects is oracleGeneral, or CSV by its name") {
  const TempDir folder;
  const std::vector<ObjectAccess> accesses{{.time_s = 1, .key = 5, .size = 10, .next = 2},
                                           {.time_s = 2, .key = 5, .size = 10, .next = -1}};
  for (const std::string name : {"a.bin", "a.csv", "a.csv.zst", "a.oracleGeneral.zst"}) {
    Recorder recorder(folder / name, TraceClass::kObjects, {});
    recorder.add(accesses);
    recorder.finish();
    CHECK(recorder.recorded() == 2);
    const std::vector<ObjectAccess> read = read_objects(folder / name);
    REQUIRE(read.size() == 2);
    CHECK(read[1].key == 5);
    CHECK(open_trace(folder / name)->header().format == (contains(name, ".csv") ? "csv" : "oracleGeneral"));
  }
}

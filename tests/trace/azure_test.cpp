// SPDX-License-Identifier: Apache-2.0
#include "trace/azure.h"

#include <doctest/doctest.h>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using namespace std::chrono_literals;

TEST_CASE("lengths are read, times count from the first record, and nothing has an identity") {
  const TempDir folder;
  write_text(folder / "a.csv",
             "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n"
             "2023-11-16 18:15:50.9951690,396,109");
  const auto requests = read_requests(folder / "a.csv");
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].arrival == 0ns);
  CHECK(requests[1].arrival == 4'314'579'000ns);
  CHECK(requests[1].input_tokens == 396U);
  CHECK(requests[1].output_tokens == 109U);
  CHECK(!requests[1].session);
  CHECK(!requests[1].image_count);
  CHECK(open_trace(folder / "a.csv")->header().lengths_only);
}

TEST_CASE("the multimodal trace has a number of images") {
  const TempDir folder;
  write_text(folder / "a.csv",
             "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2025-01-01 00:00:00,3,100,5\n");
  const auto requests = read_requests(folder / "a.csv");
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].image_count == 3U);
  CHECK(requests[0].inputs.empty());
}

TEST_CASE("mistakes are named with their line") {
  const TempDir folder;
  const std::string head = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,1\n";
  const auto error = [&](const std::string& line) {
    write_text(folder / "a.csv", head + line);
    return error_of_reading(folder / "a.csv");
  };
  CHECK(contains(error("2023-11-16 18:15:47,1"), "a.csv:3: 2 fields, expected 3"));
  CHECK(contains(error("2023-11-16 18:15:47,1,-1"), "a.csv:3: GeneratedTokens '-1' is negative"));
  CHECK(contains(error("2023-11-16 18:15:47,nan,1"), "ContextTokens 'nan'"));
  CHECK(contains(error("2023-11-16 18:15:45,1,1"), "out of order"));
  CHECK(contains(error("yesterday,1,1"), "timestamp 'yesterday'"));
  CHECK(error("2023-11-16 18:15:46,0,0").empty());
  write_text(folder / "b.csv", "TIMESTAMP,ContextTokens\n");
  CHECK(contains(error_of_reading(folder / "b.csv", {.format = "azure-llm"}),
                 "b.csv:1: the header line is not"));
}

TEST_CASE("the recorded trace has the counts its source states") {
  const std::string path = recording("AzureLLMInferenceTrace_conv.csv");
  if (path.empty()) {
    MESSAGE("skipped: no recorded traces beside the project");
    return;
  }
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  const auto requests = read_requests(path);
  for (const Request& request : requests) {
    input += *request.input_tokens;
    output += *request.output_tokens;
  }
  CHECK(requests.size() == 19366);
  CHECK(input == 22361870);
  CHECK(output == 4088665);
}

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "bench/trace/trace_info.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::bench;
using namespace cachebench::testing;

namespace {

TraceInfo sample() {
  TraceInfo info;
  info.path = "a.jsonl";
  info.name = "a";
  info.format = "native";
  info.geometry = "2b";
  info.lowering = model::Lowering::kGraph;
  info.requests = 3;
  info.accesses = 8;
  info.distinct = 6;
  info.reused = 2;
  info.blocks = 4;
  info.distinct_blocks = 3;
  info.images = 0;
  info.distinct_images = 0;
  info.bytes_requested = 100;
  info.bytes_distinct = 80;
  info.reuse_distance = Percentiles{.p50 = 1, .p90 = 2, .p99 = 3};
  info.inter_arrival = InterArrival{.mean_ns = 1e6, .cv = 0.5, .ns = {.p50 = 10, .p90 = 20, .p99 = 30}};
  info.working_sets = {
      {.accesses = 1000, .mean_objects = 5, .mean_bytes = 50, .max_objects = 6, .max_bytes = 60}};
  return info;
}

}  // namespace

TEST_CASE("the JSON has every key, and null for what is not known") {
  const nlohmann::ordered_json json = to_json(sample());
  for (const char* key :
       {"format",          "requests",        "accesses",       "distinct",        "blocks",
        "distinct_blocks", "sessions",        "images",         "distinct_images", "input_tokens",
        "output_tokens",   "bytes_requested", "bytes_distinct", "duration_ns",     "reuse",
        "reuse_distance",  "max_hit_ratio",   "inter_arrival",  "working_sets",    "skipped",
        "lowering"}) {
    CHECK_MESSAGE(json.contains(key), key);
  }
  CHECK(json["max_hit_ratio"] == 0.25);
  CHECK(json["sessions"].is_null());
  CHECK(json["images"] == 0);
  CHECK(json["reuse"]["images_ratio"].is_null());
  CHECK(json["reuse"]["blocks_ratio"] == 0.25);
  CHECK(json["reuse"]["bytes_ratio"] == 0.2);
  CHECK(json["reuse_distance"]["p90"] == 2);
  CHECK(json["inter_arrival"]["p99_ns"] == 30);
}

TEST_CASE("an empty trace gives no ratio") {
  TraceInfo info;
  info.format = "csv";
  const nlohmann::ordered_json json = to_json(info);
  CHECK(json["max_hit_ratio"].is_null());
  CHECK(json["duration_ns"].is_null());
  CHECK(json["reuse_distance"]["p50"].is_null());
  CHECK(json.dump().find("nan") == std::string::npos);
  CHECK(!to_text(info).empty());
}

TEST_CASE("people read lines; a trace of lengths is said to have no reuse") {
  const std::string text = to_text(sample());
  CHECK(contains(text, "25.0% of the accesses"));
  CHECK(contains(text, "1 / 2 / 3 objects"));
  CHECK(!contains(text, "lengths only"));
  TraceInfo lengths = sample();
  lengths.lengths_only = true;
  CHECK(contains(to_text(lengths), "lengths only: nothing can repeat"));
}

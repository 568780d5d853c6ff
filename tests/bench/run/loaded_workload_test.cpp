// SPDX-License-Identifier: Apache-2.0
#include "bench/run/loaded_workload.h"

#include <doctest/doctest.h>

#include "bench/config/load.h"
#include "bench/run/run_of.h"
#include "bench/run/workload.h"
#include "support/temp_dir.h"

namespace {

using namespace cachebench;
using bench::LoadedWorkload;

bench::RunConfig requests_in(const testing::TempDir& folder) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += R"({"timestamp": )" + std::to_string(100 * i) +
            R"(, "input_length": 1400, "output_length": 5, "hash_ids": [)" + std::to_string(i % 7) + ", " +
            std::to_string(10 + i % 5) + ", " + std::to_string(100 + i) + "]}\n";
  }
  testing::write_text(folder / "t.jsonl", text);
  return bench::load_config({.file = "",
                             .overrides = {"trace.path=" + (folder / "t.jsonl"), "cache.tiers.0.capacity=10%",
                                           "cache.tiers.1.capacity=20%", "cache.tiers.2.capacity=30%"}});
}

bench::RunConfig objects_in(const testing::TempDir& folder) {
  std::string text = "time,key,size\n";
  for (int i = 0; i < 300; ++i) {
    text += std::to_string(i) + "," + std::to_string(i * i % 37) + "," + std::to_string(100 + i % 3) + "\n";
  }
  testing::write_text(folder / "t.csv", text);
  return bench::load_config({.file = "",
                             .overrides = {"trace.path=" + (folder / "t.csv"), "cache.tiers.0.capacity=10%",
                                           "cache.tiers.1.capacity=20%", "cache.tiers.2.capacity=30%"}});
}

// What semantics exclude from comparison is taken out.
result::RunResult run(const bench::RunConfig& config, const LoadedWorkload* loaded) {
  result::RunResult result = bench::run_of(config, loaded);
  result.manifest = "{}";
  result.totals.elapsed_ns = result.warmup.elapsed_ns = 0;
  return result;
}

TEST_CASE("a run of a loaded workload is the run of its file") {
  const testing::TempDir folder;
  for (const bench::RunConfig& config : {requests_in(folder), objects_in(folder)}) {
    const auto loaded = LoadedWorkload::load(config, kGiB);
    REQUIRE(loaded);
    const result::RunResult fresh = run(config, nullptr);
    CHECK(run(config, &*loaded) == fresh);
    CHECK(run(config, &*loaded) == fresh);  // nothing of a run stays in it
    CHECK(fresh.totals.hits > 0);
  }
}

TEST_CASE("a prefix is what trace.limit replays") {
  const testing::TempDir folder;
  for (bench::RunConfig config : {requests_in(folder), objects_in(folder)}) {
    const LoadedWorkload some = LoadedWorkload::load(config, kGiB)->prefix(25);
    config.trace.limit = 25;
    CHECK(run(config, &some) == run(config, nullptr));
  }
}

TEST_CASE("parts are contiguous, cover everything, and start at time 0") {
  const testing::TempDir folder;
  const bench::RunConfig config = requests_in(folder);
  const LoadedWorkload whole = *LoadedWorkload::load(config, kGiB);
  std::size_t at = 0;
  model::Plan ours;
  model::Plan theirs;
  for (std::size_t number = 1; number <= 7; ++number) {
    const LoadedWorkload part = whole.part(number, 7);
    for (std::size_t i = 0; i < part.requests(); ++i, ++at) {
      part.plan(i, ours);
      whole.plan(at, theirs);
      CHECK(ours.sequence == theirs.sequence);
      CHECK(ours.artefacts.size() == theirs.artefacts.size());
      if (i == 0) CHECK(ours.arrival.count() == 0);
    }
  }
  CHECK(at == whole.requests());
}

TEST_CASE("what takes too much memory is not loaded") {
  const testing::TempDir folder;
  CHECK_FALSE(LoadedWorkload::load(requests_in(folder), Bytes{1000}));
  CHECK_FALSE(LoadedWorkload::load(objects_in(folder), Bytes{1000}));
}

TEST_CASE("the key tells workloads apart by what they consist of") {
  const testing::TempDir folder;
  const bench::RunConfig config = requests_in(folder);
  bench::RunConfig other = config;
  other.seed = 77;
  other.cache.tiers[0].eviction.name = "fifo";
  CHECK(LoadedWorkload::key_of(other) == LoadedWorkload::key_of(config));
  other.trace.limit = 5;
  CHECK(LoadedWorkload::key_of(other) != LoadedWorkload::key_of(config));
  other = config;
  other.geometry = "tiny";
  CHECK(LoadedWorkload::key_of(other) != LoadedWorkload::key_of(config));
}

}  // namespace

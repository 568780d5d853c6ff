// SPDX-License-Identifier: Apache-2.0
#include "bench/run/workload.h"

#include <doctest.h>

#include <algorithm>

#include "bench/run/run_builder.h"
#include "core/error.h"

namespace cachebench::bench {
namespace {

hardware::CostModel costs_of(const RunConfig& config) {
  return {hardware::find_profile(config.profile), 1.0};
}

TEST_CASE("a scan counts what a replay will ask for") {
  testing::SmallRun run;
  const WorkloadFacts facts = scan(run.config, costs_of(run.config));
  CHECK(facts.requests == 600);
  CHECK(facts.accesses == 600);
  CHECK(facts.lowering == model::Lowering::kObjects);
  CHECK(facts.largest == Bytes{64 * 1024});
  Workload workload(run.config);
  model::Plan plan;
  Bytes bytes;
  std::uint64_t requests = 0;
  while (workload.next(plan)) {
    CHECK(plan.sequence == requests++);
    for (const model::Artefact& artefact : plan.artefacts) bytes += artefact.bytes;
  }
  CHECK(bytes == facts.bytes_requested);
}

TEST_CASE("the next reference of each reference is the first that names the same artefact again") {
  testing::SmallRun run;
  run.config.trace.path = CACHEBENCH_SOURCE_DIR "/workloads/chat.jsonl.zst";
  run.config.trace.limit = 20;
  std::vector<Key> keys;
  Workload workload(run.config);
  model::Plan plan;
  while (workload.next(plan)) {
    CHECK(plan.first_reference == keys.size());
    CHECK(plan.session != 0);
    for (std::size_t i = 0; i < plan.artefacts.size(); ++i) {
      CHECK(plan.artefacts[i].depth == (i < plan.chain ? i : 0));
      keys.push_back(plan.artefacts[i].key);
    }
  }
  const std::vector<std::uint32_t> next = next_references(run.config);
  REQUIRE(next.size() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto again = std::find(keys.begin() + static_cast<std::ptrdiff_t>(i) + 1, keys.end(), keys[i]);
    const auto number = static_cast<std::uint32_t>(again - keys.begin());
    REQUIRE(next[i] == (again == keys.end() ? kNoReference : number));
  }
}

TEST_CASE("a limit ends the workload, and a lowering must go with the trace") {
  testing::SmallRun run;
  run.config.trace.limit = 7;
  CHECK(scan(run.config, costs_of(run.config)).requests == 7);
  run.config.trace.lowering = LoweringChoice::kBlocks;
  CHECK_THROWS_AS(Workload{run.config}, Error);
}

TEST_CASE("what is handed out can be recorded and replayed") {
  testing::SmallRun run;
  {
    Workload workload(run.config);
    workload.record_to(run.folder / "copy.csv");
    model::Plan plan;
    while (workload.next(plan)) {
    }
    workload.finish_recording();
  }
  const WorkloadFacts before = scan(run.config, costs_of(run.config));
  run.config.trace.path = run.folder / "copy.csv";
  const WorkloadFacts after = scan(run.config, costs_of(run.config));
  CHECK(after.accesses == before.accesses);
  CHECK(after.distinct == before.distinct);
  CHECK(after.bytes_distinct == before.bytes_distinct);
}

TEST_CASE(
    "a request that asks for the impossible is a malformed record; in mode pipeline it is passed over") {
  testing::SmallRun run;
  run.config.trace.path = run.folder / "mixed.jsonl";
  cachebench::testing::write_text(
      run.config.trace.path,
      "{\"format\":\"cachebench-trace\",\"version\":1}\n"
      "{\"t\":1,\"inputs\":[{\"kind\":\"text\",\"hash\":\"a\",\"tokens\":40}]}\n"
      "{\"t\":2,\"inputs\":[{\"kind\":\"text\",\"hash\":\"b\",\"tokens\":10000000}]}\n"
      "{\"t\":3,\"inputs\":[{\"kind\":\"text\",\"hash\":\"a\",\"tokens\":40}]}\n");
  try {
    static_cast<void>(scan(run.config, costs_of(run.config)));
    FAIL("nothing was said of it");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kInput);
    CHECK(std::string(error.what()).find("mixed.jsonl:3: request 1: ") != std::string::npos);
  }
  run.config.trace.skip_bad = 1;
  WorkloadFacts facts = scan(run.config, costs_of(run.config));
  CHECK(facts.requests == 2);
  CHECK(facts.skipped == 1);
  run.config.trace.skip_bad = 0;
  run.config.mode = RunMode::kPipeline;
  facts = scan(run.config, costs_of(run.config));
  CHECK(facts.requests == 3);  // the second is answered with an error
  CHECK(facts.skipped == 1);
}

}  // namespace
}  // namespace cachebench::bench

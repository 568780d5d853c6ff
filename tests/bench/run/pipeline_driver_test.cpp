// SPDX-License-Identifier: Apache-2.0
#include "bench/run/pipeline_driver.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "bench/config/load.h"
#include "bench/run/run_experiment.h"
#include "core/error.h"
#include "result/json.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

// The shipped config, shorter.
result::RunResult run(std::vector<std::string> overrides) {
  ConfigSource source;
  source.file = CACHEBENCH_SOURCE_DIR "/configs/run/pipeline.json";
  source.overrides = {"trace.limit=60", "load.warmup=0", "device.throttle=false",
                      "pipeline.max_new_tokens=3"};
  source.overrides.insert(source.overrides.end(), overrides.begin(), overrides.end());
  StopToken stop;
  RunInputs inputs;
  inputs.config = load_config(source);
  inputs.stop = &stop;
  return run_experiment(inputs);
}

}  // namespace

TEST_CASE("a run through the pipeline answers every request and says how") {
  const result::RunResult result = run({});
  CHECK(result::broken_identities(result).empty());
  CHECK(result.mode == "pipeline");
  CHECK(result.status == result::Status::kComplete);
  REQUIRE(result.pipeline.has_value());
  const result::Pipeline& pipeline = *result.pipeline;
  CHECK(pipeline.requests == 60);
  CHECK(pipeline.ok == 60);
  CHECK(pipeline.failed == 0);
  CHECK(pipeline.processing == "async");
  CHECK(pipeline.output_tokens > 60);
  CHECK(pipeline.stages.size() == 4);
  CHECK(pipeline.reused_tokens > 0);
  CHECK(result.totals.hits > 0);
  for (const char* name : {"first_token", "per_token", "end_to_end", "prefill", "decode_step", "encode"})
    CHECK_MESSAGE(result.latency.count(name) == 1, name);
  CHECK(result.latency.at("end_to_end").basis == result::Basis::kEmulated);
  const result::RunResult again = result::from_json(result::to_json(result), "result");
  CHECK(again.pipeline == result.pipeline);
}

TEST_CASE("no switch of the config changes an answer") {
  const std::string expected = run({"pipeline.caching=none", "async.enabled=false"}).pipeline->answers_hash;
  CHECK(run({}).pipeline->answers_hash == expected);
  for (const char* off :
       {"pipeline.async_io=false", "pipeline.tensor_caching=false", "pipeline.prefetching=false",
        "pipeline.pinned_memory=false", "pipeline.async_transfers=false", "pipeline.batcher=arrival",
        "pipeline.load_balancing=false", "async.enabled=false", "async.batching=false",
        "pipeline.caching=vision_encoder_output", "pipeline.caching=kv_block", "pipeline.caching=everything",
        "load.kind=open"}) {
    INFO(off);
    CHECK(run({off, "load.speedup=100000"}).pipeline->answers_hash == expected);
  }
}

TEST_CASE("warm passes are counted apart, and what they left is served") {
  const result::RunResult warm = run({"pipeline.warm_passes=1"});
  CHECK(warm.warmup.requests == 60);
  CHECK(warm.pipeline->requests == 60);
  const result::RunResult cold = run({});
  CHECK(warm.pipeline->reused_tokens > cold.pipeline->reused_tokens);
  CHECK(warm.pipeline->images_encoded < cold.pipeline->images_encoded);
}

TEST_CASE("runners and kinds that are none are refused by name") {
  CHECK_THROWS_AS(static_cast<void>(run({"pipeline.runner=abacus"})), Error);
  CHECK_THROWS_AS(static_cast<void>(run({"pipeline.caching=kv_blok"})), Error);
}

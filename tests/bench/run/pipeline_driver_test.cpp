// SPDX-License-Identifier: Apache-2.0
#include "bench/run/pipeline_driver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/config/load.h"
#include "bench/run/run_of.h"
#include "core/error.h"
#include "core/file.h"
#include "result/json.h"
#include "support/temp_dir.h"

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
  return run_of(load_config(source));
}

// Of each kind that no model can answer one, among requests that are fine.
constexpr const char* kMixed =
    R"({"format":"cachebench-trace","version":1,"name":"mixed","time_unit":"us","block_tokens":16}
{"t":0,"id":0,"output_tokens":2,"inputs":[{"kind":"text","hash":"a","tokens":20}]}
{"t":1,"id":1,"output_tokens":2,"inputs":[{"kind":"text","hash":"b","tokens":10000000}]}
{"t":2,"id":2,"output_tokens":2,"inputs":[]}
{"t":3,"id":3,"output_tokens":2,"inputs":[{"kind":"text","hash":"c","tokens":0}]}
{"t":4,"id":4,"inputs":[{"kind":"image","hash":"d","width":0,"height":0}]}
{"t":5,"id":5,"inputs":[{"kind":"image","hash":"e","width":100000,"height":1}]}
{"t":6,"id":6,"inputs":[{"kind":"image","hash":"f","width":-64,"height":64}]}
no JSON at all
{"t":8,"id":8,"inputs":[{"kind":"image","hash":"junk","width":64,"height":64},{"kind":"text","hash":"a","tokens":20}]}
{"t":9,"id":9,"output_tokens":2,"inputs":[{"kind":"image","hash":"g","width":64,"height":64},{"kind":"text","hash":"a","tokens":20}]}
)";

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

TEST_CASE("a stop during the warm-up: only what was answered counts as warmed up") {
  ConfigSource source;
  source.file = CACHEBENCH_SOURCE_DIR "/configs/run/pipeline.json";
  source.overrides = {"trace.limit=20", "load.warmup=5", "device.throttle=false", "pipeline.max_new_tokens=1",
                      "pipeline.warm_passes=3"};
  StopToken stop;
  stop.request(SIGINT);
  RunInputs inputs;
  inputs.config = load_config(source);
  inputs.stop = &stop;
  const result::RunResult stopped = run_experiment(inputs);
  CHECK(stopped.status == result::Status::kPartial);
  CHECK(stopped.warmup.requests == 0);
}

TEST_CASE("continuous batching that one batch at a time leaves without effect is noted") {
  const auto noted = [](const result::RunResult& result) {
    return std::any_of(result.notes.begin(), result.notes.end(), [](const std::string& note) {
      return note.find("pipeline.continuous_batching") != std::string::npos;
    });
  };
  CHECK(noted(run({"pipeline.continuous_batching=true", "pipeline.async_io=false"})));
  CHECK_FALSE(noted(run({"pipeline.continuous_batching=true"})));
}

TEST_CASE("runners and kinds that are none are refused by name") {
  CHECK_THROWS_AS(static_cast<void>(run({"pipeline.runner=abacus"})), Error);
  CHECK_THROWS_AS(static_cast<void>(run({"pipeline.caching=kv_blok"})), Error);
}

TEST_CASE("requests that join a running batch, and sequences that make room, change no answer") {
  const std::string expected = run({}).pipeline->answers_hash;
  const result::RunResult joined = run({"pipeline.continuous_batching=true"});
  CHECK(joined.pipeline->answers_hash == expected);
  CHECK(joined.pipeline->mean_decode_batch().value_or(0) >= 1);
  CHECK(result::broken_identities(joined).empty());
  // Batches are whole however the threads take turns, so eight requests want room at a time.
  const std::vector<std::string> tight{"pipeline.kv_tokens=2600", "pipeline.max_new_tokens=24",
                                       "pipeline.batcher=arrival", "load.in_flight=8",
                                       "async.batch_timeout=300ms"};
  const std::string longer = run({"pipeline.max_new_tokens=24"}).pipeline->answers_hash;
  const result::RunResult parked = run(tight);
  CHECK(parked.pipeline->failed == 0);
  CHECK(parked.pipeline->answers_hash == longer);
  CHECK(parked.pipeline->kv_parked > 0);
  CHECK(result::broken_identities(parked).empty());
}

TEST_CASE("the multimodal cache and the registry stand in front of the tiers") {
  const result::RunResult plain = run({});
  const result::RunResult fronted = run({"multimodal.enabled=true", "multimodal.ttl.enabled=true",
                                         "multimodal.ttl.default=1h", "visual.enabled=true"});
  CHECK(fronted.pipeline->answers_hash == plain.pipeline->answers_hash);
  REQUIRE(fronted.multimodal.has_value());
  CHECK(fronted.multimodal->kinds.at("vision_encoder_output").accesses > 0);
  CHECK(fronted.multimodal->kinds.at("vision_encoder_output").exact_hits > 0);
  REQUIRE(fronted.visual.has_value());
  CHECK(fronted.visual->hits + fronted.visual->misses > 0);
  CHECK(fronted.visual->most_users > 0);
  CHECK(result::broken_identities(fronted).empty());
  const result::RunResult serial = run({"visual.enabled=true", "async.enabled=false"});
  CHECK(serial.visual->hits + serial.visual->misses == fronted.visual->hits + fronted.visual->misses);
  CHECK_THROWS_WITH_AS(static_cast<void>(run({"visual.enabled=true", "pipeline.warm_passes=1"})),
                       doctest::Contains("pipeline.warm_passes"), Error);
}

TEST_CASE("like pictures serve one another where the config allows it") {
  const auto near = [](std::vector<std::string> more) {
    more.insert(more.begin(),
                {"trace.path=" CACHEBENCH_SOURCE_DIR "/workloads/neardup.jsonl.zst", "trace.limit=80",
                 "multimodal.enabled=true", "pipeline.caching=vision_encoder_output", "model.geometry=tiny"});
    return run(more);
  };
  const result::RunResult exact = near({});
  const result::RunResult alike =
      near({"multimodal.similarity.enabled=true", "multimodal.similarity.image=true",
            "multimodal.similarity.threshold=0.8"});
  const auto similar = [](const result::RunResult& result) {
    return result.multimodal->kinds.at("vision_encoder_output").similar_hits;
  };
  CHECK(similar(exact) == 0);
  CHECK(similar(alike) > 0);
  CHECK(alike.pipeline->ok == alike.pipeline->requests);
  // What was served is compared with what was asked for, as in the other modes.
  std::uint64_t compared = 0;
  for (const result::SimilarityError& error : alike.multimodal->similarity.errors) compared += error.compared;
  CHECK(compared > 0);
  CHECK(exact.multimodal->similarity.errors.empty());
  CHECK(result::broken_identities(alike).empty());
}

TEST_CASE("a recorded run replays: as many requests, the same answers") {
  const cachebench::testing::TempDir folder;
  const std::string path = folder / "recorded.jsonl.zst";
  ConfigSource source;
  source.file = CACHEBENCH_SOURCE_DIR "/configs/run/pipeline.json";
  source.overrides = {"trace.limit=40", "load.warmup=10", "device.throttle=false",
                      "pipeline.max_new_tokens=3"};
  const RunConfig config = load_config(source);
  StopToken stop;
  RunInputs inputs;
  inputs.config = config;
  inputs.stop = &stop;
  inputs.record = path;
  const result::RunResult recorded = run_experiment(inputs);
  CHECK(recorded.pipeline->requests == 30);
  RunInputs again = inputs;
  again.record.clear();
  again.config.trace.path = path;
  again.config.trace.limit.reset();
  const result::RunResult replayed = run_experiment(again);
  CHECK(replayed.pipeline->requests == 30);
  CHECK(replayed.warmup.requests == 10);
  CHECK(replayed.pipeline->answers_hash == recorded.pipeline->answers_hash);
  // What simulates the recording takes the decisions that it takes of the original.
  RunInputs simulated = inputs;
  simulated.record.clear();
  simulated.config.mode = RunMode::kSimulate;
  const std::string decisions = run_experiment(simulated).decision_log_hash;
  simulated.config.trace.path = path;
  CHECK(run_experiment(simulated).decision_log_hash == decisions);
}

TEST_CASE("requests that no model can answer fail alone, each with its line and reason") {
  const cachebench::testing::TempDir folder;
  const std::string trace = folder / "mixed.jsonl";
  cachebench::write_file(trace, kMixed);
  std::filesystem::create_directory(folder / "content");
  cachebench::write_file(folder / "content/junk", "this is no picture");
  for (const char* processing : {"async.enabled=true", "async.enabled=false"}) {
    CAPTURE(processing);
    ConfigSource source;
    source.file = CACHEBENCH_SOURCE_DIR "/configs/run/pipeline.json";
    source.overrides = {"trace.path=" + trace, "trace.limit=100",       "load.warmup=0",
                        "visual.enabled=true", "device.throttle=false", processing};
    StopToken stop;
    RunInputs inputs;
    inputs.config = load_config(source);
    inputs.stop = &stop;
    inputs.content = folder / "content";
    const result::RunResult run = run_experiment(inputs);
    REQUIRE(run.pipeline.has_value());
    CHECK(run.pipeline->requests == 10);
    CHECK(run.pipeline->ok == 2);
    CHECK(run.pipeline->failed == 8);
    CHECK(run.status == result::Status::kInvalid);
    REQUIRE(run.reasons.size() == 1);
    CHECK(run.reasons[0] == "8 of 10 requests failed; pipeline.failures says why");
    REQUIRE(run.pipeline->failures.size() == 5);  // the first few
    const auto says = [&](const std::string& line, const std::string& reason) {
      for (const std::string& failure : run.pipeline->failures) {
        if (failure.find("mixed.jsonl:" + line + ": ") != std::string::npos)
          return failure.find(reason) != std::string::npos;
      }
      return false;
    };
    CHECK(says("3", "a prompt of more than"));
    CHECK(says("4", "without tokens"));
    CHECK(says("5", "without tokens"));
    CHECK(says("6", "\"width\" 0 is not in"));
    CHECK(says("7", "request 4: "));
    CHECK(result::broken_identities(run).empty());
    CHECK(result::from_json(result::to_json(run), "result").pipeline == run.pipeline);
  }
}

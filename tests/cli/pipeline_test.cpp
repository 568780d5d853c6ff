// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/model_module.h"
#include "support/command.h"
#include "support/temp_dir.h"

namespace {

namespace testing = cachebench::testing;
using nlohmann::json;

testing::CommandResult answer(const std::vector<std::string>& settings) {
  std::vector<std::string> arguments{"run", "--config", CACHEBENCH_SOURCE_DIR "/configs/run/pipeline.json",
                                     "--json"};
  std::vector<std::string> all{"trace.limit=12",           "load.warmup=0",
                               "pipeline.runner=libtorch", "pipeline.max_new_tokens=6",
                               "device.throttle=false",    "pipeline.dtype=float32"};
  all.insert(all.end(), settings.begin(), settings.end());
  for (const std::string& setting : all) arguments.insert(arguments.end(), {"--set", setting});
  return testing::cachebench(arguments);
}

json pipeline_of(const testing::CommandResult& result) {
  REQUIRE_MESSAGE(result.exit_code == 0, result.err);
  return json::parse(result.out)["pipeline"];
}

}  // namespace

TEST_CASE("the model answers the same whoever joins a batch and wherever its weights lie") {
  if (!testing::has_model()) return;
  const json plain = pipeline_of(answer({}));
  CHECK(plain["ok"] == 12);
  CHECK(plain["component_loads"] == 0);
  const json joined = pipeline_of(answer({"pipeline.continuous_batching=true"}));
  CHECK(joined["answers_hash"] == plain["answers_hash"]);
  const json anew = pipeline_of(answer({"pipeline.model_caching=false"}));
  CHECK(anew["answers_hash"] == plain["answers_hash"]);
  CHECK(anew["component_hits"].get<std::uint64_t>() < anew["component_loads"].get<std::uint64_t>());
  constexpr std::uint64_t kBudget = 500'000;
  const json tight = pipeline_of(answer({"pipeline.weights_budget=500000"}));
  CHECK(tight["answers_hash"] == plain["answers_hash"]);
  CHECK(tight["weights_budget_bytes"] == kBudget);
  CHECK(tight["component_peak_bytes"].get<std::uint64_t>() <= kBudget);
  CHECK(tight["component_evictions"].get<std::uint64_t>() > 0);
  const json parked = pipeline_of(answer({"pipeline.kv_tokens=2000", "pipeline.max_new_tokens=6"}));
  CHECK(parked["answers_hash"] == plain["answers_hash"]);
}

TEST_CASE("budgets that make no sense are refused in one line") {
  const auto refused = [](const std::vector<std::string>& settings, const char* words) {
    const testing::CommandResult result = answer(settings);
    CHECK(result.exit_code == 2);
    CHECK_MESSAGE(result.err.find(words) != std::string::npos, result.err);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  };
  refused({"pipeline.runner=modelled", "pipeline.weights_budget=1MiB"}, "pipeline.weights_budget");
  refused({"visual.enabled=true", "pipeline.warm_passes=1"}, "pipeline.warm_passes");
  if (testing::has_model())
    refused({"pipeline.weights_budget=1000"}, "weights_budget: 1000 B is less than 'model.");
}

TEST_CASE("requests that the model cannot answer fail alone, and the run says so") {
  const testing::TempDir folder;
  testing::write_text(folder / "mixed.jsonl",
                      R"({"format":"cachebench-trace","version":1,"name":"mixed","block_tokens":16}
{"t":0,"inputs":[{"kind":"text","hash":"a","tokens":20}]}
{"t":1,"inputs":[{"kind":"text","hash":"b","tokens":10000000}]}
{"t":2,"inputs":[]}
{"t":3,"inputs":[{"kind":"image","hash":"c","width":0,"height":0}]}
{"t":4,"inputs":[{"kind":"image","hash":"d","width":100000,"height":1}]}
{"t":5,"inputs":[{"kind":"image","hash":"junk","width":64,"height":64},{"kind":"text","hash":"a","tokens":9}]}
{"t":6,"inputs":[{"kind":"text","hash":"e","tokens":4000}]}
{"t":7,"inputs":[{"kind":"image","hash":"f","width":64,"height":64},{"kind":"text","hash":"a","tokens":9}]}
)");
  std::filesystem::create_directory(folder / "content");
  testing::write_text(folder / "content/junk", "this is no picture");
  for (const char* runner : {"modelled", "libtorch"}) {
    if (runner == std::string("libtorch") && !testing::has_model()) continue;
    CAPTURE(runner);
    std::vector<std::string> arguments{
        "run",    "--config",  CACHEBENCH_SOURCE_DIR "/configs/run/pipeline.json",
        "--json", "--content", (folder / "content")};
    for (const std::string& setting :
         {"trace.path=" + (folder / "mixed.jsonl"), std::string("trace.limit=100"),
          std::string("load.warmup=0"), std::string("device.throttle=false"),
          std::string("pipeline.kv_tokens=2000"), "pipeline.runner=" + std::string(runner)})
      arguments.insert(arguments.end(), {"--set", setting});
    const testing::CommandResult lenient = testing::cachebench(arguments);
    REQUIRE_MESSAGE(lenient.exit_code == 0, lenient.err);
    const json result = json::parse(lenient.out);
    CHECK(result["status"] == "invalid");
    CHECK(result["pipeline"]["requests"] == 8);
    CHECK(result["pipeline"]["ok"] == 2);
    CHECK(result["pipeline"]["failed"] == 6);
    CHECK(result["pipeline"]["failures"].size() == 5);
    CHECK(result["pipeline"]["failures"][0].get<std::string>().find("mixed.jsonl:3: ") != std::string::npos);
    CHECK(result["reasons"][0].get<std::string>().find("6 of 8 requests failed") != std::string::npos);
    arguments.insert(arguments.end(), {"--validity", "strict"});
    CHECK(testing::cachebench(arguments).exit_code == 7);
  }
}

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
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
  CHECK(joined["joined"].get<int>() > 0);
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
  if (testing::has_model()) refused({"pipeline.weights_budget=1000"}, "weights_budget: 1000 B is less than 'model.");
}

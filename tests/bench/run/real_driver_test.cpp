// SPDX-License-Identifier: Apache-2.0
#include "bench/run/real_driver.h"

#include <doctest.h>

#include "bench/run/run_builder.h"
#include "result/json.h"

namespace cachebench::bench {
namespace {

TEST_CASE("an open loop starts requests at their times and reports its lag") {
  testing::SmallRun run;
  run.config.load.kind = LoadKind::kOpen;
  run.config.load.speedup = 200;  // 60 s of trace in 0.3 s
  run.config.throttle = false;
  const result::RunResult result = run.run(RunMode::kReal);
  CHECK(result.totals.elapsed_ns >= 290'000'000);
  CHECK(result.latency.at("schedule_lag").count == 600);
  CHECK(result.latency.at("request").max_ns >= result.latency.at("request_service").max_ns);
  CHECK(result::broken_identities(result).empty());
}

TEST_CASE("model and clock stand side by side for every hit") {
  testing::SmallRun run;
  const result::RunResult result = run.run(RunMode::kReal);
  std::uint64_t checked = 0;
  for (const result::ModelCheck& check : result.model_check) {
    CHECK(check.predicted_ns > 0);
    CHECK(check.measured_ns > 0);
    checked += check.count;
  }
  CHECK(checked == result.totals.hits);
  CHECK(result.latency.at("L1").basis == result::Basis::kEmulated);
}

TEST_CASE("objects that change their size are written anew and verified") {
  testing::SmallRun run;
  std::string text = "time,key,size\n";
  for (int i = 0; i < 300; ++i)
    text += "0," + std::to_string(i % 20) + "," + std::to_string(512 * (1 + i % 7)) + "\n";
  write_file(run.folder / "sizes.csv", text);
  run.config.trace.path = run.folder / "sizes.csv";
  run.config.throttle = false;
  const result::RunResult real = run.run(RunMode::kReal);
  CHECK(real.totals.wrong_bytes == 0);
  CHECK(real.decision_log_hash == run.run(RunMode::kSimulate).decision_log_hash);
}

}  // namespace
}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/config/load.h"
#include "bench/run/run_experiment.h"
#include "core/file.h"
#include "core/rng.h"
#include "support/temp_dir.h"

namespace cachebench::bench::testing {

using cachebench::testing::TempDir;

/// A run over a small object trace of its own, in three tiers: objects of 1 to 64 KiB, skewed, 600 accesses.
struct SmallRun {
  SmallRun() {
    std::string text = "time,key,size\n";
    Rng rng(11);
    for (int i = 0; i < 600; ++i) {
      const std::uint64_t key = rng.below(rng.below(120) + 1);
      text += std::to_string(i / 10) + "," + std::to_string(key) + "," +
              std::to_string(1024 * (1 + key % 64)) + "\n";
    }
    write_file(folder / "trace.csv", text);
    config = default_config();
    config.trace.path = folder / "trace.csv";
    config.cache.tiers[0].capacity = parse_size("256KiB");
    config.cache.tiers[1].capacity = parse_size("512KiB");
    config.cache.tiers[2].capacity = parse_size("1MiB");
    config.cache.directory = folder / "cache";
    config.cache.cold = true;
    config.verify = true;
  }
  [[nodiscard]] RunInputs inputs() {
    RunInputs inputs;
    inputs.config = config;
    inputs.stop = &stop;
    return inputs;
  }
  [[nodiscard]] result::RunResult run(RunMode mode) {
    config.mode = mode;
    return run_experiment(inputs());
  }

  TempDir folder;
  RunConfig config;
  StopToken stop;
};

}  // namespace cachebench::bench::testing

// SPDX-License-Identifier: Apache-2.0
#include "hardware/noise.h"

#include <doctest/doctest.h>

#include "support/temp_dir.h"

using namespace cachebench::hardware;
using cachebench::Nanoseconds;
using cachebench::testing::TempDir;
using cachebench::testing::write_text;

TEST_CASE("what the kernel tells is read, what it does not tell is absent") {
  const TempDir root;
  const NoiseSources sources{.proc = root / "proc", .sys = root / "sys"};
  const Noise silent = measure_noise(Nanoseconds{0}, sources);
  CHECK_FALSE(silent.steal_share.has_value());
  CHECK_FALSE(silent.cpu_pressure.has_value());
  CHECK(silent.governor.empty());
  CHECK(silent.lost_share == 0);
  write_text(root / "proc/stat", "cpu  1 2 3 4 5 6 7 8 9 10\n");
  write_text(root / "proc/pressure/cpu", "some avg10=12.50 avg60=0.00 avg300=0.00 total=1\n");
  write_text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  const Noise noise = measure_noise(Nanoseconds{0}, sources);
  CHECK_FALSE(noise.steal_share.has_value());  // no time passed in that file
  CHECK(noise.cpu_pressure == doctest::Approx(0.125));
  CHECK(noise.governor == "powersave");
}

TEST_CASE("a loop that reads the clock meets its own gaps, and no more is lost than passed") {
  const Noise noise = measure_noise(Nanoseconds{2'000'000});
  CHECK(noise.largest_gap.count() > 0);
  CHECK((noise.lost_share >= 0 && noise.lost_share <= 1));
  if (noise.steal_share) CHECK((*noise.steal_share >= 0 && *noise.steal_share <= 1));
}

TEST_CASE("broken lines of the kernel's are no facts") {
  const TempDir root;
  const NoiseSources sources{.proc = root / "proc", .sys = root / "sys"};
  for (const char* line : {"", "cpu", "cpu a b", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8"}) {
    write_text(root / "proc/stat", line);
    write_text(root / "proc/pressure/cpu", "some avg10=");
    CHECK_FALSE(measure_noise(Nanoseconds{0}, sources).steal_share.has_value());
    CHECK_FALSE(measure_noise(Nanoseconds{0}, sources).cpu_pressure.has_value());
  }
}

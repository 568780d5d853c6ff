// SPDX-License-Identifier: Apache-2.0
#include "hardware/plan_transfers.h"

#include <doctest/doctest.h>

#include <bit>

#include "hardware/plan_fixtures.h"

using namespace cachebench;
using namespace cachebench::hardware;
using hardware::testing::item;
using hardware::testing::laptop_input;
using hardware::testing::reason_has;

namespace {

HardwarePlan transfers(const OptimizerInput& input) {
  HardwarePlan plan;
  plan_transfers(input, plan);
  return plan;
}

}  // namespace

TEST_CASE("chunks are long enough for a copy's start to be a tenth of it") {
  OptimizerInput input = laptop_input();
  const HardwarePlan plan = transfers(input);
  CHECK(plan.copy_chunk == kKiB * 512);  // 15 µs at 3 GB/s are 45 kB
  CHECK(plan.small_copy == kKiB * 64);
  CHECK(plan.copy_batch == 8);
  CHECK(plan.ssd_block == kKiB * 512);
  CHECK(plan.ssd_depth == 4);
  CHECK(plan.staging == kKiB * 512 * (2 * 4 + 2 * 3));
  for (const double rate : {1.0, 1e6, 1e9, 1e11, 1e18}) {
    input.profile.h2d.bytes_per_second = rate;
    input.profile.ssd_read.bytes_per_second = rate;
    const HardwarePlan odd = transfers(input);
    CHECK(std::has_single_bit(odd.copy_chunk.value));
    CHECK((odd.copy_chunk >= kKiB * 256 && odd.copy_chunk <= kMiB * 8));
    CHECK(odd.small_copy <= odd.copy_chunk);
    CHECK((odd.copy_batch >= 2 && odd.copy_batch <= 64));
    CHECK((odd.ssd_block >= kKiB * 128 && odd.ssd_block <= kMiB));
    CHECK((odd.ssd_depth >= 4 && odd.ssd_depth <= 64));
  }
}

TEST_CASE("the link that is there bounds the profile's rate") {
  OptimizerInput input = laptop_input();
  CHECK(transfers(input).copy_bytes_per_second == 3e9);
  input.topology.gpus[0].link = {.generation = 3, .lanes = 16};
  CHECK(transfers(input).copy_bytes_per_second == 3e9);
  CHECK(reason_has(transfers(input), "copy.rate", "PCIe 3.0 x16"));
  input.topology.gpus[0].link = {.generation = 1, .lanes = 4};
  const HardwarePlan slow = transfers(input);
  CHECK(slow.copy_bytes_per_second == doctest::Approx(0.87e9));
  CHECK(reason_has(slow, "copy.rate", "87% of PCIe 1.0 x4"));
  CHECK(slow.copy_chunk == kKiB * 256);
}

TEST_CASE("streams follow the copy engines; without io_uring there is one request") {
  OptimizerInput input = laptop_input();
  CHECK(transfers(input).streams == 3);
  CHECK(reason_has(transfers(input), "copy.streams", "not known"));
  input.topology.gpus[0].copy_engines = 1;
  CHECK(transfers(input).streams == 2);
  input.topology.gpus.clear();
  CHECK(transfers(input).streams == 2);
  input.topology.limits.io_uring = false;
  CHECK(transfers(input).ssd_depth == 1);
  CHECK(reason_has(transfers(input), "ssd.depth", "no io_uring"));
}

TEST_CASE("records are encoded where that is faster, or where they would not fit") {
  OptimizerInput input = laptop_input();
  HardwarePlan plan;
  plan.l3 = kGiB;
  plan_forms(input, plan);
  CHECK(plan.l3_compression == "none");  // the drive is three times as fast as the decoder
  input.profile.ssd_read.bytes_per_second = 1e8;
  HardwarePlan slow;
  slow.l3 = kGiB;
  plan_forms(input, slow);
  CHECK(slow.l3_compression == "zstd");
  CHECK(reason_has(slow, "l3.compression", "encoded records are faster"));
  input.profile.ssd_read.bytes_per_second = 3e9;
  input.trace = TraceSummary{.distinct = kGiB * 2, .mean = kMiB};
  HardwarePlan full;
  full.l3 = kGiB;
  plan_forms(input, full);
  CHECK(full.l3_compression == "zstd");
  HardwarePlan without;
  plan_forms(input, without);
  CHECK(item(without, "l3.compression").name.empty());
}

TEST_CASE("entries lose bits only where that is allowed and of use") {
  OptimizerInput input = laptop_input();
  input.trace = TraceSummary{.distinct = kGiB * 2, .mean = kMiB};
  const auto form = [&](Bytes l1) {
    HardwarePlan plan;
    plan.l1 = l1;
    plan_forms(input, plan);
    return plan.l1_compression;
  };
  CHECK(form(kGiB) == "none");
  input.losses = Losses::kAllowed;
  CHECK(form(kGiB) == "int8");
  CHECK(form(kGiB * 4) == "none");
}

TEST_CASE("rows begin at 256 B, records at the largest sector, and a block holds at least one row") {
  OptimizerInput input = laptop_input();
  input.model.row = Bytes{1000};
  HardwarePlan plan;
  plan_layout(input, plan);
  CHECK(plan.row_alignment == Bytes{256});
  CHECK(reason_has(plan, "layout.row_alignment", "a row of 1000 B takes 1024 B"));
  CHECK(plan.disk_alignment == Bytes{4096});
  CHECK(plan.warp == 32);
  CHECK(plan.shared_memory == kKiB * 48);
  CHECK(plan.rows_per_block == 24);  // of 2000 B in float32
  input.model.row = kMiB;
  input.topology.block_devices[0].physical_sector_bytes = 16384;
  HardwarePlan wide;
  plan_layout(input, wide);
  CHECK(wide.rows_per_block == 1);
  CHECK(wide.disk_alignment == Bytes{16384});
  input.model.row = Bytes{0};
  HardwarePlan none;
  plan_layout(input, none);
  CHECK(none.rows_per_block == 1024);
}

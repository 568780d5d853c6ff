// SPDX-License-Identifier: Apache-2.0
#include "hardware/plan_sizes.h"

#include <doctest/doctest.h>

#include <initializer_list>

#include "hardware/plan_fixtures.h"

using namespace cachebench;
using namespace cachebench::hardware;
using hardware::testing::item;
using hardware::testing::laptop_input;
using hardware::testing::reason_has;

namespace {

HardwarePlan sizes(const OptimizerInput& input) {
  HardwarePlan plan;
  plan.staging = kMiB * 10;
  plan_sizes(input, plan);
  return plan;
}

Bytes value(const HardwarePlan& plan, const std::string& name) {
  return Bytes{std::get<std::uint64_t>(item(plan, name).value)};
}

}  // namespace

TEST_CASE("a card of 2 GiB holds the vision tower and a cache, not the decoder") {
  const OptimizerInput input = laptop_input();
  const HardwarePlan plan = sizes(input);
  CHECK(plan.first_tier == FirstTier::kCuda);
  CHECK(value(plan, "device.weights") == input.model.vision_weights);
  CHECK(reason_has(plan, "device.weights", "the vision tower's weights"));
  const Bytes usable = kGiB * 2 - kMiB * 256 - kMiB * 32;
  CHECK(value(plan, "device.usable") == usable);
  // What is left, in whole MiB.
  const Bytes rest = usable - input.model.vision_weights - input.model.activations;
  CHECK(plan.l1.value == rest.value / kMiB.value * kMiB.value);
  CHECK(value(plan, "host.weights") == input.model.text_weights);
  CHECK(plan.pin_memory);
}

TEST_CASE("what the tiers and reserves take never exceeds the memory") {
  for (const std::uint64_t mebibytes :
       std::initializer_list<std::uint64_t>{64, 256, 512, 1024, 4096, 8192, 16384, 1 << 20}) {
    for (const bool has_card : {false, true}) {
      INFO(mebibytes << " MiB, card " << has_card);
      OptimizerInput input = laptop_input();
      input.topology.memory = kMiB * mebibytes;
      if (!has_card) input.topology.gpus.clear();
      const HardwarePlan plan = sizes(input);
      const Bytes emulated = has_card ? Bytes{} : plan.l1;
      const Bytes taken = plan.l2 + emulated + value(plan, "host.weights") + value(plan, "host.system");
      CHECK(taken <= *input.topology.memory);
      CHECK(plan.l2.value > 0);
      CHECK(plan.l1.value > 0);
      CHECK(plan.l2 <= kMiB * (mebibytes / 2 + 1));
    }
  }
}

TEST_CASE("a large card holds the whole model; a tiny one nothing of it") {
  OptimizerInput input = laptop_input();
  input.topology.gpus[0].memory = kGiB * 24;
  input.topology.gpus[0].compute_capability = "8.9";
  CHECK(value(sizes(input), "device.weights") == input.model.vision_weights + input.model.text_weights);
  CHECK(value(sizes(input), "host.weights").value == 0);
  input.topology.gpus[0].memory = kMiB * 700;
  const HardwarePlan tiny = sizes(input);
  CHECK(value(tiny, "device.weights").value == 0);
  CHECK(reason_has(tiny, "device.weights", "nothing of the model"));
  CHECK(tiny.l1 < kMiB * 700);
  CHECK(tiny.l1.value > 0);
}

TEST_CASE("without a card, or with one too old, the first tier is emulated and takes host memory") {
  OptimizerInput input = laptop_input();
  const Bytes with_card = sizes(input).l2;
  input.topology.gpus[0].compute_capability = "5.0";
  CHECK(sizes(input).first_tier == FirstTier::kEmulated);
  input.topology.gpus.clear();
  const HardwarePlan plan = sizes(input);
  CHECK(plan.first_tier == FirstTier::kEmulated);
  CHECK(plan.l1 <= input.profile.device_memory);
  CHECK(plan.l2 < with_card);
  CHECK(reason_has(plan, "l1.capacity", "no NVIDIA card"));
}

TEST_CASE("a card whose memory is not known has the profile's") {
  OptimizerInput input = laptop_input();
  input.topology.gpus[0].memory.reset();
  const HardwarePlan plan = sizes(input);
  CHECK(value(plan, "device.usable") == input.profile.device_memory);
  CHECK(reason_has(plan, "device.usable", "profile round"));
}

TEST_CASE("a control group, the memory that is free now, a model too large for the host") {
  OptimizerInput input = laptop_input();
  const Bytes before = sizes(input).l2;
  input.topology.limits.memory_available = kGiB * 2;
  CHECK(sizes(input).l2 < before);
  CHECK(reason_has(sizes(input), "l2.capacity", "available now"));
  input = laptop_input();
  input.topology.limits.cgroup_memory = Bound{.bytes = kGiB};
  const HardwarePlan small = sizes(input);
  CHECK(small.l2 <= kMiB * 512);
  CHECK(reason_has(small, "l2.capacity", "control group"));
  CHECK(reason_has(small, "host.weights", "does not run here"));
}

TEST_CASE("a limit of locked memory below the tier leaves it unlocked, but not where CUDA locks") {
  OptimizerInput input = laptop_input();
  input.topology.limits.locked_memory = Bound{.bytes = kKiB * 64};
  CHECK(sizes(input).pin_memory);
  input.topology.gpus.clear();
  const HardwarePlan plan = sizes(input);
  CHECK_FALSE(plan.pin_memory);
  CHECK(reason_has(plan, "l2.pin_memory", "64.0 KiB"));
  CHECK(reason_has(plan, "l2.pin_memory", "2.0 times"));
}

TEST_CASE("the disk: half of what is free, less in memory, a share of an unknown one, nothing without") {
  OptimizerInput input = laptop_input();
  CHECK(sizes(input).l3 == kGiB * 50);
  input.topology.limits.cache_directory->free = kGiB * 10'000;
  CHECK(sizes(input).l3 == kGiB * 256);
  input.topology.limits.cache_directory->filesystem = "tmpfs";
  const HardwarePlan in_memory = sizes(input);
  CHECK(in_memory.l3 < *input.topology.memory);
  CHECK(reason_has(in_memory, "l3.capacity", "is in memory"));
  input.topology.limits.cache_directory.reset();
  CHECK(sizes(input).l3 == kGiB * 50);  // a tenth of the drive
  BlockDevice rotating;
  rotating.name = "sda";
  rotating.kind = BlockKind::kHdd;
  rotating.size = kGiB * 4000;
  input.topology.block_devices.push_back(rotating);
  CHECK(sizes(input).l3 == kGiB * 50);  // larger, but it rotates
  input.topology.block_devices.clear();
  const HardwarePlan none = sizes(input);
  CHECK(none.l3.value == 0);
  CHECK(reason_has(none, "l3.capacity", "no third tier"));
  CHECK(item(none, "l3.read").name.empty());
}

TEST_CASE("no tier is larger than the working set, and too small ones say so") {
  OptimizerInput input = laptop_input();
  input.trace = TraceSummary{.distinct = kMiB * 100, .mean = kMiB};
  const HardwarePlan plan = sizes(input);
  CHECK(plan.l1 == kMiB * 100);
  CHECK(plan.l2 == kMiB * 100);
  CHECK(plan.l3 == kMiB * 100);
  CHECK(reason_has(plan, "l3.capacity", "working set"));
  input.trace = TraceSummary{.distinct = kGiB * 900, .mean = kGiB * 100};
  CHECK(reason_has(sizes(input), "l1.capacity", "less than a mean entry of 100 GiB"));
}

// SPDX-License-Identifier: Apache-2.0
#include "hardware/topology_text.h"

#include <doctest/doctest.h>

using namespace cachebench::hardware;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("unknown is said as unknown, and nothing as nothing") {
  const std::string text = topology_text({}, recognise_target({}), TopologyDetail::kShort);
  CHECK(has(text, "model unknown"));
  CHECK(has(text, "gpu       none seen"));
  CHECK(has(text, "drive     none seen"));
  CHECK(has(text, "target:   cpu no (unknown), gpu no (no NVIDIA card), storage no (no drive)"));
  CHECK_FALSE(has(text, "limits"));  // of another machine they are not known
}

TEST_CASE("what was found is in the table, labels once") {
  Topology machine;
  machine.origin = "this machine";
  machine.is_this_machine = true;
  machine.cpu = {.model = "CPU X",
                 .packages = 1,
                 .cores = 1,
                 .threads = 2,
                 .threads_allowed = 1,
                 .features = {"avx2"},
                 .base_mhz = 1600,
                 .max_mhz = 4200};
  Gpu gpu;
  gpu.vendor = "NVIDIA";
  gpu.name = "GeForce MX250";
  gpu.pci_id = "10de:1d13";
  gpu.chip = "GP108";
  gpu.compute_capability = "6.1";
  gpu.memory = cachebench::kGiB * 2;
  gpu.link = {.generation = 3, .lanes = 4};
  machine.gpus = {gpu, gpu};
  machine.limits.locked_memory = Bound{.is_unlimited = true, .bytes = {}};
  const std::string text = topology_text(machine, recognise_target(machine), TopologyDetail::kShort);
  CHECK(has(text, "1 package, 1 core, 2 threads (1 allowed)"));
  CHECK(has(text, "1.6 to 4.2 GHz"));
  CHECK(has(text, "NVIDIA GeForce MX250 (10de:1d13, GP108), compute capability 6.1, 2.00 GiB, PCIe 3.0 x4"));
  CHECK(has(text, "locked memory unlimited"));
  CHECK(text.find("\ngpu ") == text.rfind("\ngpu "));
  CHECK_FALSE(has(text, "why"));
}

TEST_CASE("an explanation gives a sentence for each part") {
  const Target target = recognise_target({});
  const std::string text = topology_text({}, target, TopologyDetail::kExplain);
  CHECK(has(text, target.cpu.reason));
  CHECK(has(text, target.gpu.reason));
  CHECK(has(text, target.storage.reason));
}

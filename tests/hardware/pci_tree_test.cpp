// SPDX-License-Identifier: Apache-2.0
#include "hardware/pci_tree.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace cachebench::hardware;

namespace {

const std::string kFixtures = std::string(CACHEBENCH_SOURCE_DIR) + "/tests/hardware/fixtures/";

const PciDevice& at(const Topology& machine, const std::string& bus_id) {
  const auto found = std::find_if(machine.pci.begin(), machine.pci.end(),
                                  [&](const PciDevice& device) { return device.bus_id == bus_id; });
  REQUIRE(found != machine.pci.end());
  return *found;
}

}  // namespace

TEST_CASE("classes have names, unknown ones their number") {
  CHECK(pci_kind(0x0300) == "display");
  CHECK(pci_kind(0x0302) == "display");
  CHECK(pci_kind(0x0108) == "nvme");
  CHECK(pci_kind(0x0604) == "bridge");
  CHECK(pci_kind(0x0102) == "storage");
  CHECK(pci_kind(0x0403) == "0403");
}

TEST_CASE("the laptop's tree: a card and a drive, each below a port of its own") {
  const Topology machine = read_topology_xml(kFixtures + "laptop.xml");
  const PciDevice& card = at(machine, "0000:01:00.0");
  CHECK(card.kind == "display");
  CHECK(card.pci_id == "10de:1d13");
  CHECK(card.parent == "0000:00:1c.0");
  CHECK(card.name == "GeForce MX250");  // the file has no names: from our table
  CHECK(card.link == Link{.generation = 3, .lanes = 4});
  CHECK(card.gigabytes_per_second == doctest::Approx(3.938).epsilon(0.001));
  CHECK(at(machine, "0000:00:1c.0").kind == "bridge");
  CHECK(at(machine, "0000:00:1c.0").parent.empty());
  const PciDevice& drive = at(machine, "0000:02:00.0");
  CHECK(drive.kind == "nvme");
  CHECK(drive.link == Link{.generation = 3, .lanes = 4});
}

TEST_CASE("parents come before their children and exist") {
  for (const char* file : {"laptop.xml", "workstation.xml", "small.xml"}) {
    INFO(file);
    const Topology machine = read_topology_xml(kFixtures + file);
    for (std::size_t i = 0; i < machine.pci.size(); ++i) {
      if (machine.pci[i].parent.empty()) continue;
      const auto end = machine.pci.begin() + static_cast<std::ptrdiff_t>(i);
      CHECK(std::any_of(machine.pci.begin(), end,
                        [&](const PciDevice& before) { return before.bus_id == machine.pci[i].parent; }));
    }
  }
}

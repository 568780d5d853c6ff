// SPDX-License-Identifier: Apache-2.0
#include "hardware/topology.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "core/error.h"
#include "core/rng.h"
#include "hardware/live_machine.h"
#include "hardware/target.h"
#include "support/temp_dir.h"

using namespace cachebench::hardware;
using cachebench::Error;
using cachebench::ErrorKind;
using cachebench::testing::read_text;
using cachebench::testing::TempDir;
using cachebench::testing::write_text;

namespace {

const std::string kFixtures = std::string(CACHEBENCH_SOURCE_DIR) + "/tests/hardware/fixtures/";

// A laptop with one card and one drive, in as few objects as hwloc takes.
struct Laptop {
  std::string cpu = "Intel(R) Core(TM) i5-10210U CPU @ 1.60GHz";
  std::string card = "10de:1d13";
  std::string card_class = "0302";
  std::string card_name = {};  // no name: plain Linux discovery gives none
  double card_link = 3.938462;
  std::string drive = "nvme0n1";
  std::string drive_class = "0108";
};

std::string xml_of(const Laptop& laptop) {
  constexpr const char* kSets = R"(cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1")";
  std::string devices;
  if (!laptop.card.empty()) {
    const std::string name = laptop.card_name.empty()
                                 ? ""
                                 : fmt::format(R"(<info name="PCIDevice" value="{}"/>)", laptop.card_name);
    devices += fmt::format(
        R"(<object type="PCIDev" gp_index="11" pci_busid="0000:01:00.0" pci_type="{} [{}] [1043:1a01] a1" )"
        R"(pci_link_speed="{:.6f}">{}</object>)",
        laptop.card_class, laptop.card, laptop.card_link, name);
  }
  if (!laptop.drive.empty()) {
    devices += fmt::format(
        R"(<object type="PCIDev" gp_index="12")"
        R"( pci_busid="0000:02:00.0" pci_type="{} [144d:a808] [144d:a801] 00")"
        R"( pci_link_speed="3.938462"><object type="OSDev" gp_index="13" name="{}" subtype="Disk")"
        R"( osdev_type="0">)"
        R"(<info name="Size" value="500107608"/></object></object>)",
        laptop.drive_class, laptop.drive);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
      R"(<topology version="2.0">)"
      R"(<object type="Machine" os_index="0" {0} allowed_cpuset="0x1" allowed_nodeset="0x1" gp_index="1">)"
      R"(<object type="Package" os_index="0" {0} gp_index="2"><info name="CPUModel" value="{1}"/>)"
      R"(<object type="NUMANode" os_index="0" {0} gp_index="3" local_memory="1073741824"/>)"
      R"(<object type="Core" os_index="0" {0} gp_index="4"><object type="PU" os_index="0" {0} gp_index="5"/>)"
      R"(</object></object><object type="Bridge" gp_index="10" bridge_type="0-1" depth="0" )"
      R"(bridge_pci="0000:[00-02]">{2}</object></object></topology>)",
      kSets, laptop.cpu, devices);
}

Topology read_laptop(const Laptop& laptop) {
  const TempDir folder;
  write_text(folder / "laptop.xml", xml_of(laptop));
  return read_topology_xml(folder / "laptop.xml");
}

void check_refused(const std::string& path) {
  INFO(path);
  try {
    static_cast<void>(read_topology_xml(path));
    FAIL("read");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kInput);
    CHECK(std::string(error.what()).find(path) != std::string::npos);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
  }
}

}  // namespace

TEST_CASE("the target laptop is recognised, however little hwloc could see of it") {
  for (const std::string& name : {std::string(), std::string("GP108M [GeForce MX250]")}) {
    const Topology laptop = read_laptop({.card_name = name});
    REQUIRE(laptop.gpus.size() == 1);
    CHECK(laptop.gpus[0].vendor == "NVIDIA");
    CHECK(laptop.gpus[0].compute_capability == "6.1");
    CHECK(laptop.gpus[0].link == Link{.generation = 3, .lanes = 4});
    CHECK(laptop.gpus[0].source == GpuSource::kPciId);
    REQUIRE(laptop.block_devices.size() == 1);
    CHECK(laptop.block_devices[0].kind == BlockKind::kNvme);
    CHECK(laptop.block_devices[0].size == cachebench::Bytes{500107608ULL * 1024});
    CHECK(recognise_target(laptop).all());
  }
}

TEST_CASE("one part that differs is told apart") {
  const auto target = [](const Laptop& laptop) { return recognise_target(read_laptop(laptop)); };
  const Target other_cpu = target({.cpu = "Intel(R) Core(TM) i5-10310U CPU @ 1.70GHz"});
  CHECK_FALSE(other_cpu.cpu.matches);
  CHECK((other_cpu.gpu.matches && other_cpu.storage.matches && !other_cpu.all()));
  CHECK_FALSE(target({.card = "10de:174d"}).gpu.matches);                        // MX130: 5.0
  CHECK_FALSE(target({.card = "10de:1f97"}).gpu.matches);                        // MX450: 7.5
  CHECK_FALSE(target({.card = "1002:1d13"}).gpu.matches);                        // another maker's
  CHECK_FALSE(target({.card = "10de:1d13", .card_class = "0403"}).gpu.matches);  // an audio function
  CHECK_FALSE(target({.card = ""}).gpu.matches);
  CHECK(target({.card = "10de:1d52"}).gpu.matches);
  CHECK(target({.card_class = "0300"}).gpu.matches);
  CHECK_FALSE(target({.drive = "sda", .drive_class = "0106"}).storage.matches);
  CHECK_FALSE(target({.drive = ""}).storage.matches);
}

TEST_CASE("an idle or silent link is said as it is") {
  CHECK(read_laptop({.card_link = 1.0}).gpus[0].link == Link{.generation = 1, .lanes = 4});
  CHECK(read_laptop({.card_link = 0}).gpus[0].link == Link{});
}

TEST_CASE("a name newer than the table of ids decides, but not against the table") {
  CHECK(
      read_laptop({.card = "10de:2684", .card_name = "GP108M [GeForce MX250]"}).gpus[0].compute_capability ==
      "8.9");
  const Topology laptop = read_laptop({.card = "10de:2dff", .card_name = "GB207M [GeForce RTX 5099]"});
  CHECK(laptop.gpus[0].compute_capability == "12.0");
  CHECK(read_laptop({.card = "10de:2dff"}).gpus[0].compute_capability.empty());
}

TEST_CASE("the laptop's facts, from what plain discovery sees") {
  const Topology laptop = read_topology_xml(kFixtures + "laptop.xml");
  CHECK(recognise_target(laptop).all());
  CHECK(laptop.cpu.cores == 4);
  CHECK(laptop.cpu.threads == 8);
  CHECK(laptop.cpu.threads_per_core() == 2);
  CHECK(laptop.cpu.core_threads == std::vector<std::vector<int>>{{0, 4}, {1, 5}, {2, 6}, {3, 7}});
  REQUIRE(laptop.gpus.size() == 2);
  CHECK(laptop.gpus[1].name == "GeForce MX250");
  CHECK_FALSE(laptop.gpus[1].memory.has_value());
  REQUIRE(laptop.block_devices.size() == 1);
  CHECK(laptop.block_devices[0].sector_bytes == 512);
  CHECK_FALSE(laptop.block_devices[0].rotational.has_value());
}

TEST_CASE("other cards in the same laptop, by their id") {
  struct Card {
    const char* id;
    const char* capability;
    bool is_target;
  };
  constexpr Card kCards[] = {
      {"1c81", "6.1", true},  {"1c03", "6.1", true},   {"1b80", "6.1", true},   {"1b02", "6.1", true},
      {"1b38", "6.1", true},  {"1cba", "6.1", true},   {"1d33", "6.1", true},   {"1c8f", "6.1", true},
      {"1f91", "7.5", false}, {"25a2", "8.6", false},  {"2684", "8.9", false},  {"2330", "9.0", false},
      {"2335", "9.0", false}, {"2901", "10.0", false}, {"2b85", "12.0", false}, {"ffff", "", false}};
  for (const Card& card : kCards) {
    INFO(card.id);
    const Topology laptop = read_laptop({.card = std::string("10de:") + card.id});
    REQUIRE(laptop.gpus.size() == 1);
    CHECK(laptop.gpus[0].compute_capability == card.capability);
    CHECK(laptop.gpus[0].name.empty() == (std::string_view(card.id) == "ffff"));
    CHECK(recognise_target(laptop).gpu.matches == card.is_target);
  }
}

TEST_CASE("numbers beyond all measure are refused or left out, never believed to be small") {
  const std::string whole = xml_of({});
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  const TempDir folder;
  for (const std::string& text :
       {with("local_memory=\"1073741824\"", "local_memory=\"99999999999999999999999999\""),
        with("3.938462", "1e300"), with("3.938462", "-5"), with("3.938462", "nan"),
        with("value=\"500107608\"", "value=\"99999999999999999999999999\""),
        with("value=\"500107608\"", "value=\"-1\""), with("[10de:1d13]", "[ffffff10de:1d13]"),
        with("0000:01:00.0", "ffffffff:01:00.0"),
        with("gp_index=\"5\"", "gp_index=\"99999999999999999999\"")}) {
    write_text(folder / "x.xml", text);
    try {
      const Topology machine = read_topology_xml(folder / "x.xml");
      for (const BlockDevice& device : machine.block_devices) {
        if (device.size) CHECK(device.size->value == 500107608ULL * 1024);
      }
      for (const Gpu& gpu : machine.gpus) {
        if (gpu.link.lanes) CHECK((*gpu.link.lanes >= 1 && *gpu.link.lanes <= 16));
      }
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kInput);
    }
  }
}

TEST_CASE("a small machine without a card") {
  const Topology machine = read_topology_xml(kFixtures + "small.xml");
  CHECK_FALSE(machine.is_this_machine);
  CHECK(machine.cpu.model == "Intel(R) Celeron(R) CPU J4005 @ 2.00GHz");
  CHECK(machine.cpu.cores == 2);
  CHECK(machine.cpu.features.empty());
  CHECK(machine.gpus.empty());
  REQUIRE(machine.block_devices.size() == 3);  // the optical drive is no disk
  CHECK(machine.block_devices[0].kind == BlockKind::kUnknown);
  CHECK(machine.block_devices[1].kind == BlockKind::kSsd);
  CHECK(machine.block_devices[2].kind == BlockKind::kVirtual);
  const Target target = recognise_target(machine);
  CHECK_FALSE((target.cpu.matches || target.gpu.matches || target.storage.matches));
}

TEST_CASE("a workstation with two cards") {
  const Topology machine = read_topology_xml(kFixtures + "workstation.xml");
  CHECK(machine.cpu.packages == 2);
  CHECK(machine.numa.size() == 2);
  CHECK(machine.memory == cachebench::kGiB * 128);
  REQUIRE(machine.gpus.size() == 3);
  CHECK(machine.gpus[0].vendor == "ASPEED Technology, Inc.");
  CHECK(machine.gpus[0].compute_capability.empty());
  CHECK(machine.gpus[1].name == "NVIDIA GeForce GTX 1080 Ti");
  CHECK(machine.gpus[1].compute_capability == "6.1");
  CHECK(machine.gpus[1].memory == cachebench::Bytes{11431936ULL * 1024});
  CHECK(machine.gpus[1].link == Link{.generation = 3, .lanes = 16});
  CHECK(machine.gpus[2].compute_capability == "8.6");
  CHECK(machine.gpus[2].name.empty());
  CHECK(machine.gpus[2].link == Link{.generation = 4, .lanes = 16});
  CHECK(machine.block_devices[0].link == Link{.generation = 4, .lanes = 4});
  const Target target = recognise_target(machine);
  CHECK_FALSE(target.cpu.matches);
  CHECK((target.gpu.matches && target.storage.matches));
}

TEST_CASE("what is no topology is refused, naming the file") {
  check_refused(kFixtures + "broken.xml");
  check_refused("/nonexistent/topology.xml");
  const TempDir folder;
  check_refused(folder.path().string());
  for (const char* text : {"", "garbage", "<?xml version=\"1.0\"?><html/>", "<topology/>", "{\"a\":1}"}) {
    write_text(folder / "x.xml", text);
    check_refused(folder / "x.xml");
  }
}

TEST_CASE("damaged files are read or refused, never worse, by either XML parser") {
  const std::string whole = read_text(kFixtures + "workstation.xml");
  const TempDir folder;
  cachebench::Rng rng(3);
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    ::setenv("HWLOC_LIBXML_IMPORT", i % 2 == 0 ? "0" : "1", 1);
    std::string text = whole;
    if (i % 3 == 0) text.resize(rng.below(text.size()));
    for (int change = 0; change < i % 5; ++change) {
      if (!text.empty()) text[rng.below(text.size())] = static_cast<char>(rng.below(256));
    }
    write_text(folder / "x.xml", text);
    try {
      static_cast<void>(read_topology_xml(folder / "x.xml"));
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kInput);
      ++refused;
    }
  }
  ::unsetenv("HWLOC_LIBXML_IMPORT");
  CHECK(refused > 20);
}

TEST_CASE("this machine is itself") {
  const Topology machine = read_topology();
  CHECK(machine.is_this_machine);
  CHECK(machine.cpu.threads_allowed == allowed_threads());
  CHECK(machine.cpu.threads >= machine.cpu.threads_allowed);
  CHECK_FALSE(machine.cpu.model.empty());
  CHECK(machine.memory.has_value());
  CHECK(machine.limits.io_uring.has_value());
}

TEST_CASE("the hand-made laptop of the fixtures folder beside the sources") {
  const std::string path =
      std::string(CACHEBENCH_SOURCE_DIR) + "/../shared/fixtures/i5-10210u-mx250-nvme.xml";
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: " << path << " is not here");
    return;
  }
  const Topology laptop = read_topology_xml(path);
  CHECK(laptop.cpu.cores == 4);
  CHECK(laptop.cpu.threads == 8);
  CHECK(laptop.cpu.max_mhz == 4200);
  REQUIRE(laptop.gpus.size() == 2);
  CHECK(laptop.gpus[1].memory == cachebench::Bytes{2054272ULL * 1024});
  CHECK(recognise_target(laptop).all());
}

// SPDX-License-Identifier: Apache-2.0
#include "hardware/live_machine.h"

#include <doctest/doctest.h>
#include <sched.h>

#include <filesystem>
#include <thread>

#include "support/temp_dir.h"

using namespace cachebench::hardware;
using cachebench::testing::TempDir;
using cachebench::testing::write_text;
namespace fs = std::filesystem;

TEST_CASE("model and features come from cpuinfo; a feature counts when all processors have it") {
  const TempDir proc;
  write_text(
      proc / "cpuinfo",
      "processor\t: 0\nmodel\t\t: 142\nmodel name\t: Some CPU @ 1.60GHz\nflags\t\t: fpu avx2 sha_ni fma\n\n"
      "processor\t: 1\nmodel name\t: Other\nflags\t\t: fpu avx2 fma avx512f\nvmx flags\t: sha_ni\n");
  CHECK(cpu_model(proc.path().string()) == "Some CPU @ 1.60GHz");
  CHECK(cpu_features(proc.path().string()) == std::vector<std::string>{"avx2", "fma"});
}

TEST_CASE("without cpuinfo there is no model and no feature") {
  const TempDir proc;
  CHECK(cpu_model(proc.path().string()).empty());
  CHECK(cpu_features(proc.path().string()).empty());
  write_text(proc / "cpuinfo", "model name");
  CHECK(cpu_model(proc.path().string()).empty());
}

TEST_CASE("allowed threads follow the affinity") {
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(allowed_threads() == CPU_COUNT(&before));
  CHECK(allowed_threads() >= 1);
  CHECK(allowed_threads() <= static_cast<int>(std::thread::hardware_concurrency()));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &before)) CPU_SET(static_cast<std::size_t>(cpu), &one);
  }
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(allowed_threads() == 1);
  REQUIRE(allowed_processors().size() == 1);
  CHECK(CPU_ISSET(static_cast<std::size_t>(allowed_processors()[0]), &one));
  REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
}

namespace {

struct Disk {
  std::string name;
  std::string sectors;
  std::string rotational;
  std::string model;
};

void add_disk(const TempDir& sys, const Disk& disk) {
  const std::string folder = sys / ("block/" + disk.name);
  write_text(folder + "/size", disk.sectors);
  write_text(folder + "/queue/rotational", disk.rotational);
  write_text(folder + "/device/model", disk.model);
}

}  // namespace

TEST_CASE("block devices have kinds, and what has no hardware is left out") {
  const TempDir sys;
  add_disk(sys, {"sda", "2048\n", "1\n", "ST1000 \n"});
  add_disk(sys, {"sdb", "4096\n", "0\n", "Fast SSD\n"});
  add_disk(sys, {"vda", "8\n", "1\n", ""});
  add_disk(sys, {"nvme0n1", "1000\n", "0\n", "Some NVMe\n"});
  add_disk(sys, {"sdc", "0\n", "1\n", "empty card reader\n"});
  write_text(sys / "block/loop0/size", "100\n");
  const std::vector<BlockDevice> devices = block_devices(sys.path().string());
  REQUIRE(devices.size() == 4);
  CHECK(devices[0].name == "nvme0n1");
  CHECK(devices[0].kind == BlockKind::kNvme);
  CHECK(devices[0].model == "Some NVMe");
  CHECK(devices[1].kind == BlockKind::kHdd);
  CHECK(devices[1].model == "ST1000");
  CHECK(devices[1].size == cachebench::Bytes{2048 * 512});
  CHECK(devices[2].kind == BlockKind::kSsd);
  CHECK(devices[3].kind == BlockKind::kVirtual);
  CHECK(devices[3].model.empty());
  CHECK(block_devices(sys / "nothing").empty());
}

TEST_CASE("a link is what card and port can both do") {
  const TempDir sys;
  const std::string port = sys / "devices/pci0000:00/0000:00:1c.0";
  write_text(port + "/max_link_speed", "8.0 GT/s PCIe\n");
  write_text(port + "/max_link_width", "4\n");
  write_text(port + "/0000:01:00.0/max_link_speed", "16.0 GT/s PCIe\n");
  write_text(port + "/0000:01:00.0/max_link_width", "16\n");
  fs::create_directories(sys / "bus/pci/devices");
  fs::create_directory_symlink(port + "/0000:01:00.0", sys / "bus/pci/devices/0000:01:00.0");
  CHECK(pci_link(sys.path().string(), "0000:01:00.0") == Link{.generation = 3, .lanes = 4});
  CHECK(pci_link(sys.path().string(), "0000:02:00.0") == Link{});
  CHECK(pci_link(sys.path().string(), "") == Link{});
  write_text(port + "/0000:01:00.0/max_link_speed", "Unknown\n");
  CHECK(pci_link(sys.path().string(), "0000:01:00.0") == Link{});
}

TEST_CASE("the driver tells the card's name") {
  const TempDir proc;
  write_text(proc / "driver/nvidia/gpus/0000:01:00.0/information",
             "Model: \t\t NVIDIA GeForce MX250\nIRQ:   \t 1\n");
  CHECK(nvidia_model(proc.path().string(), "0000:01:00.0") == "NVIDIA GeForce MX250");
  CHECK(nvidia_model(proc.path().string(), "0000:02:00.0").empty());
}

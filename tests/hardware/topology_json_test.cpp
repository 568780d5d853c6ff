// SPDX-License-Identifier: Apache-2.0
#include "hardware/topology_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace cachebench::hardware;
using Json = nlohmann::ordered_json;

namespace {

Topology small_machine() {
  Topology machine;
  machine.origin = "file.xml";
  machine.cpu = {.model = "CPU",
                 .packages = 1,
                 .cores = 2,
                 .threads = 4,
                 .threads_allowed = 3,
                 .features = {"avx2"},
                 .base_mhz = {},
                 .max_mhz = 3000};
  machine.memory = cachebench::kGiB;
  machine.caches = {
      {.level = 2, .type = "unified", .size = cachebench::kMiB, .count = 2, .line_bytes = 64, .ways = {}}};
  machine.numa = {{.index = 0, .memory = cachebench::kGiB, .threads = 4}};
  Gpu gpu;
  gpu.vendor = "NVIDIA";
  gpu.pci_id = "10de:1d13";
  gpu.compute_capability = "6.1";
  gpu.link = {.generation = 3, .lanes = 4};
  machine.gpus = {gpu};
  machine.block_devices = {{.name = "sda", .model = "", .kind = BlockKind::kHdd, .size = {}, .link = {}}};
  return machine;
}

// Every value that is not known must be null: a 0 or "" would read as a fact.
void check_no_empty_facts(const Json& value, const std::string& path) {
  INFO(path);
  if (value.is_string()) CHECK_FALSE(value.get<std::string>().empty());
  if (value.is_structured()) {
    for (const auto& [key, item] : value.items()) check_no_empty_facts(item, path + "/" + key);
  }
}

}  // namespace

TEST_CASE("the document has the keys scripts use") {
  const Topology machine = small_machine();
  const Json document = topology_json(machine, recognise_target(machine));
  const Json& cpu = document["machine"]["cpu"];
  CHECK(cpu["model"] == "CPU");
  CHECK(cpu["packages"] == 1);
  CHECK(cpu["cores"] == 2);
  CHECK(cpu["threads"] == 4);
  CHECK(cpu["threads_allowed"] == 3);
  CHECK(cpu["features"] == Json::array({"avx2"}));
  CHECK(cpu["base_mhz"].is_null());
  CHECK(document["machine"]["memory_bytes"] == 1073741824);
  CHECK(document["machine"]["caches"][0]["size_bytes"] == 1048576);
  CHECK(document["machine"]["numa"][0]["threads"] == 4);
  const Json& gpu = document["gpus"][0];
  CHECK(gpu["vendor"] == "NVIDIA");
  CHECK(gpu["name"].is_null());
  CHECK(gpu["compute_capability"] == "6.1");
  CHECK(gpu["source"] == "pci-id");
  CHECK(gpu["memory_bytes"].is_null());
  CHECK(gpu["link"] == Json({{"generation", 3}, {"lanes", 4}}));
  CHECK(document["block_devices"][0]["kind"] == "hdd");
  CHECK(document["block_devices"][0]["size_bytes"].is_null());
  CHECK(document["limits"]["locked_memory_bytes"].is_null());
  CHECK(document["limits"]["cache_directory"].is_null());
  const Json& target = document["target"];
  CHECK(target["name"] == "i5-10210u+sm61+nvme");
  CHECK(target["cpu"] == false);
  CHECK(target["gpu"] == true);
  CHECK(target["storage"] == false);
  CHECK(target["all"] == false);
  check_no_empty_facts(document, "");
}

TEST_CASE("limits tell no limit from an unknown one") {
  Topology machine = small_machine();
  machine.limits.locked_memory = Bound{.is_unlimited = true, .bytes = {}};
  machine.limits.cgroup_memory = Bound{.bytes = cachebench::kMiB};
  machine.limits.cache_directory =
      CacheDirectory{.path = "/c", .filesystem = "ext4", .free = {}, .direct_io = true};
  const Json limits = topology_json(machine, {})["limits"];
  CHECK(limits["locked_memory_bytes"].is_null());
  CHECK(limits["locked_memory_unlimited"] == true);
  CHECK(limits["cgroup_memory_bytes"] == 1048576);
  CHECK(limits["cgroup_memory_unlimited"] == false);
  CHECK(limits["io_uring"].is_null());
  CHECK(limits["cache_directory"]["direct_io"] == true);
  CHECK(limits["cache_directory"]["free_bytes"].is_null());
}

TEST_CASE("an empty topology is a document all the same") {
  const Json document = topology_json({}, recognise_target({}));
  CHECK(document["gpus"].is_array());
  CHECK(document["block_devices"].is_array());
  CHECK(document["machine"]["cpu"]["model"].is_null());
  CHECK(document["machine"]["cpu"]["cores"].is_null());
  CHECK(document["machine"]["memory_bytes"].is_null());
}

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/command.h"
#include "support/temp_dir.h"

namespace {

namespace testing = cachebench::testing;
using testing::CommandResult;
using testing::TempDir;

const std::string kFixtures = std::string(CACHEBENCH_SOURCE_DIR) + "/tests/hardware/fixtures/";

CommandResult topology(const std::vector<std::string>& arguments,
                       const testing::CommandOptions& options = {}) {
  std::vector<std::string> all{testing::cachebench_binary(), "topology"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return testing::run_command(all, options);
}

}  // namespace

TEST_CASE("topology --json prints one document of this machine, and nothing else") {
  const CommandResult result = topology({"--json"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  const auto document = nlohmann::json::parse(result.out);
  CHECK(document["machine"]["cpu"]["threads_allowed"].get<int>() > 0);
  CHECK(document["target"]["name"] == "i5-10210u+sm61+nvme");
}

TEST_CASE("topology --xml shows another machine") {
  const CommandResult text = topology({"--xml", kFixtures + "workstation.xml"});
  CHECK(text.exit_code == 0);
  CHECK(text.out.find("compute capability 8.6") != std::string::npos);
  CHECK(text.out.find("target:   cpu no") != std::string::npos);
  const CommandResult explained = topology({"--xml", kFixtures + "workstation.xml", "--explain"});
  CHECK(explained.out.size() > text.out.size());
}

TEST_CASE("a broken topology is exit code 3 and one line that names the file, with either XML parser") {
  for (const char* library : {"0", "1"}) {
    const CommandResult result =
        topology({"--xml", kFixtures + "broken.xml"}, {.environment = {{"HWLOC_LIBXML_IMPORT", library}}});
    CHECK(result.exit_code == 3);
    CHECK(result.out.empty());
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK(result.err.find("broken.xml") != std::string::npos);
  }
}

TEST_CASE("a file name that is not UTF-8 still gives a document") {
  const TempDir folder;
  const std::string odd = folder / "\xff.xml";
  testing::write_text(odd, testing::read_text(kFixtures + "small.xml"));
  const CommandResult result = topology({"--xml", odd, "--json"});
  CHECK(result.exit_code == 0);
  CHECK(nlohmann::json::accept(result.out));
}

TEST_CASE("a full standard output is an environment error") {
  const CommandResult result = topology({}, {.stdout_path = "/dev/full"});
  CHECK(result.exit_code == 4);
}

TEST_CASE("topology plans a cache for the machine, every number with a reason") {
  const testing::CommandOptions options{
      .environment = {{"CACHEBENCH_PROFILES", std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles"}}};
  const CommandResult result = topology({"--xml", kFixtures + "laptop.xml", "--json"}, options);
  REQUIRE(result.exit_code == 0);
  const auto document = nlohmann::json::parse(result.out);
  CHECK(document["target"]["all"] == true);
  CHECK(document["plan_for"]["profile"] == "i5-10210u-mx250-nvme");
  REQUIRE(document["plan"].size() > 20);
  for (const auto& item : document["plan"]) {
    INFO(item["name"].get<std::string>());
    CHECK_FALSE(item["reason"].get<std::string>().empty());
    CHECK_FALSE(item["value"].is_null());
  }
  for (const auto& item : document["plan"]) {
    if (item["name"] == "device.weights") CHECK(item["value"] == 2ULL * 406'957'056);  // of the geometry 2b
  }
  CHECK_FALSE(document["pci"].empty());
  CHECK_FALSE(document["target"]["follows"].empty());
  const CommandResult text = topology({"--xml", kFixtures + "laptop.xml", "--explain"}, options);
  CHECK(text.out.find("l1.capacity") != std::string::npos);
  CHECK(text.out.find("threads.compute_pins") != std::string::npos);
  CHECK(topology({"--profile", "none-such"}, options).exit_code == 0);  // facts need no profile
  CHECK(topology({"--profile", "none-such", "--json"}, options).exit_code == 2);
}

TEST_CASE("a profile or a model that is not known is a mistake only where it was asked for") {
  const CommandResult bare = topology({"--json"}, {.environment = {{"CACHEBENCH_PROFILES", "/nonexistent"}}});
  CHECK(bare.exit_code == 0);
  CHECK(nlohmann::json::parse(bare.out)["plan"].is_array());
  CHECK(topology({"--json", "--model", "none-such"}).exit_code == 2);
}

namespace {

// What the notes of `topology --json` are about.
std::vector<std::string> notes_with(const std::vector<std::pair<std::string, std::string>>& environment) {
  const CommandResult result = topology({"--json"}, {.environment = environment});
  CHECK(result.exit_code == 0);
  const auto document = nlohmann::json::parse(result.out);
  std::vector<std::string> about;
  for (const auto& note : document["notes"]) about.push_back(note["about"].get<std::string>());
  return about;
}

bool among(const std::vector<std::string>& all, const char* one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

TEST_CASE("a cache folder in memory and a bus out of sight are noted, and the rest still works") {
  CHECK(among(notes_with({{"HWLOC_COMPONENTS", "-linuxio"}}), "pci"));
  if (std::filesystem::is_directory("/dev/shm")) {
    CHECK(among(notes_with({{"XDG_CACHE_HOME", "/dev/shm"}}), "cache-directory"));
  }
}

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/command.h"
#include "support/temp_dir.h"

extern char** environ;

namespace {

namespace fs = std::filesystem;
namespace testing = cachebench::testing;
using testing::CommandResult;
using testing::TempDir;

CommandResult calibrate(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "calibrate");
  return testing::cachebench(arguments);
}

bool is_one_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1 && text.back() == '\n';
}

}  // namespace

TEST_CASE("a quick calibration writes a complete profile that a run can name, and leaves no files") {
  const TempDir folder;
  const std::string cache = folder / "cache";
  const std::string profile = folder / "here.json";
  const CommandResult result = calibrate({"--quick", "--only", "memcpy,transfers,ssd,hash", "--cache-dir",
                                          cache, "--output", profile, "--json"});
  REQUIRE(result.exit_code == 0);
  CHECK(fs::is_empty(cache));
  const auto document = nlohmann::json::parse(result.out);
  CHECK(document == nlohmann::json::parse(testing::read_text(profile)));
  CHECK(document["name"] == "here");
  const auto& figures = document["figures"];
  CHECK(figures.size() == 24);
  CHECK(figures["ssd_read_bytes_per_second"]["source"].get<std::string>().find("measured here on ") == 0);
  CHECK(figures["h2d_bytes_per_second"]["source"].get<std::string>().find("emulated") != std::string::npos);
  CHECK(figures["flops_per_second"]["source"].get<std::string>().find("not measured here; profile ") == 0);
  CHECK(!document["measurements"].empty());
  CHECK(testing::cachebench({"config", "validate", "--help"}).exit_code == 0);
  const CommandResult run =
      testing::cachebench({"run", "--dry-run", "--profile", profile, "--trace",
                           std::string(CACHEBENCH_SOURCE_DIR) + "/workloads/chat.jsonl.zst"});
  CHECK(run.exit_code == 0);
}

TEST_CASE("without a file the profile goes to standard output, alone") {
  const CommandResult result = calibrate({"--quick", "--only", "hash", "--output", "-"});
  REQUIRE(result.exit_code == 0);
  CHECK(nlohmann::json::parse(result.out)["name"] == "calibrated");
  CHECK(!fs::exists("-"));
}

TEST_CASE("what cannot work is one line and its exit code, before anything is measured") {
  const TempDir folder;
  const std::string output = folder / "p.json";
  const auto refused = [&](const std::vector<std::string>& arguments, int code, const std::string& word) {
    CAPTURE(word);
    const CommandResult result = calibrate(arguments);
    CHECK(result.exit_code == code);
    CHECK(result.out.empty());
    CHECK(is_one_line(result.err));
    CHECK(result.err.find(word) != std::string::npos);
    CHECK(!fs::exists(output));
  };
  refused({"--base", "i5-10210", "--output", output}, 2, "i5-10210u-mx250-nvme");
  refused({"--base", folder / "none.json", "--output", output}, 2, "none.json");
  refused({"--only", "memcopy", "--output", output}, 2, "memcpy");
  refused({"--time", "soon", "--output", output}, 2, "soon");
  refused({"--output", folder / "missing/p.json"}, 4, "missing");
  refused({"--quick", "--only", "ssd", "--cache-dir", "/proc/nowhere", "--output", output}, 4,
          "/proc/nowhere");
}

TEST_CASE("a file system in memory is measured, and the profile says that it is one") {
  std::error_code failed;
  const fs::path memory = "/dev/shm";
  if (!fs::is_directory(memory, failed) || ::access(memory.c_str(), W_OK) != 0) {
    MESSAGE("no /dev/shm: skipped");
    return;
  }
  const TempDir folder;
  const std::string cache = (memory / ("calibrate-test-" + std::to_string(::getpid()))).string();
  const CommandResult result =
      calibrate({"--quick", "--only", "ssd", "--cache-dir", cache, "--output", folder / "p.json", "--json"});
  CHECK(result.exit_code == 0);
  if (result.exit_code == 0) {
    const auto document = nlohmann::json::parse(result.out);
    CHECK(document.value("notes", nlohmann::json::array()).dump().find("those of memory") !=
          std::string::npos);
  }
  CHECK(fs::is_empty(cache));
  fs::remove_all(cache, failed);
}

TEST_CASE("the limit of time is kept: what did not fit is named, and no files stay") {
  const TempDir folder;
  const auto begun = std::chrono::steady_clock::now();
  // A quick look at the drive takes three times as long at least: 25 rows of three windows of 5 ms.
  const CommandResult result = calibrate({"--quick", "--only", "ssd", "--time", "100ms", "--cache-dir",
                                          folder / "cache", "--output", folder / "p.json", "--json"});
  const auto took = std::chrono::steady_clock::now() - begun;
  REQUIRE_MESSAGE(result.exit_code == 0, result.err);
  CHECK(took < std::chrono::seconds(60));  // far off: writing the file is not under the limit
  const auto document = nlohmann::json::parse(result.out);
  const auto is_left_out = [](const nlohmann::json& note) {
    return note.get<std::string>().find("not measured, the time was over") != std::string::npos;
  };
  CHECK(std::any_of(document["notes"].begin(), document["notes"].end(), is_left_out));
  CHECK(fs::is_empty(folder / "cache"));
}

TEST_CASE("an interrupt ends it without a profile and without files") {
  const TempDir folder;
  const std::string cache = folder / "cache";
  const std::string output = folder / "p.json";
  const std::string program = testing::cachebench_binary();
  std::vector<std::string> words{program,       "calibrate", "--only",   "ssd",
                                 "--cache-dir", cache,       "--output", output};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  // Profiles are found from any folder.
  ::setenv("CACHEBENCH_PROFILES", CACHEBENCH_SOURCE_DIR "/configs/profiles", 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  REQUIRE(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  // Its folder is made just before it begins to measure, when signals are its own already.
  int status = 0;
  while (!fs::exists(cache) && ::waitpid(child, &status, WNOHANG) == 0) ::sched_yield();
  ::kill(child, SIGINT);
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(!fs::exists(output));
  CHECK(fs::is_empty(cache));
}

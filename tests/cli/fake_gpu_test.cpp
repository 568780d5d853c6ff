// SPDX-License-Identifier: Apache-2.0
//
// Whole runs over stand-ins for NVIDIA's libraries, found where the loader would find the real ones. They
// execute this project's CUDA code on the processor and say nothing about a GPU.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/command.h"
#include "support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
namespace testing = cachebench::testing;
using testing::CommandResult;
using testing::TempDir;

const fs::path kLibraries = fs::path(CACHEBENCH_BINARY_DIR) / "bin";

enum class CuFile { kThere, kMissing };

/// False, said in a message, where this build has no stand-ins.
bool provide_libraries(const fs::path& folder, CuFile file) {
  if (!fs::exists(kLibraries / "fake_cuda.so") || !fs::exists(kLibraries / "fake_cufile.so")) {
    MESSAGE("skipped: this build has no fake driver");
    return false;
  }
  fs::create_symlink(kLibraries / "fake_cuda.so", folder / "libcuda.so.1");
  if (file == CuFile::kThere) fs::create_symlink(kLibraries / "fake_cufile.so", folder / "libcufile.so.0");
  return true;
}

CommandResult run_on_card(const TempDir& folder, const std::string& capacity, const std::string& requests) {
  testing::CommandOptions options;
  options.environment = {{"CACHEBENCH_PROFILES", std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles"},
                         {"LD_LIBRARY_PATH", folder / ""}};
  return testing::run_command({testing::cachebench_binary(),
                               "run",
                               "--trace",
                               std::string(CACHEBENCH_SOURCE_DIR) + "/workloads/chat.jsonl.zst",
                               "--mode",
                               "real",
                               "--limit",
                               requests,
                               "--cache-dir",
                               folder / "cache",
                               "--output",
                               folder / "out",
                               "--json",
                               "--quiet",
                               "--set",
                               "cache.tiers.0.device=cuda",
                               "--set",
                               "cache.tiers.0.capacity=" + capacity,
                               "--set",
                               "cache.tiers.1.capacity=8MiB",
                               "--set",
                               "cache.tiers.2.capacity=512MiB",
                               "--set",
                               "cache.transfer.gpu_direct=true",
                               "--set",
                               "verify=true"},
                              options);
}

bool has_note(const CommandResult& result, const std::string& part) {
  const auto document = nlohmann::json::parse(result.out);
  for (const auto& note : document["notes"]) {
    if (note.get<std::string>().find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE(
    "records go from the drive to a card past host memory where that is asked for and cuFile is there") {
  const TempDir folder;
  if (!provide_libraries(folder / "", CuFile::kThere)) return;
  const CommandResult result = run_on_card(folder, "16MiB", "12");
  if (result.exit_code == 4 && result.err.find("cuda.h") != std::string::npos) {
    MESSAGE("skipped: this build has no CUDA");
    return;
  }
  REQUIRE_MESSAGE(result.exit_code == 0, result.err);
  CHECK(has_note(result, "past host memory"));
  CHECK_FALSE(has_note(result, "transfers failed"));
  CHECK_FALSE(has_note(result, "from then on"));
}

TEST_CASE("without cuFile they come through host memory, and the result says why") {
  const TempDir folder;
  if (!provide_libraries(folder / "", CuFile::kMissing)) return;
  const CommandResult result = run_on_card(folder, "16MiB", "1");
  if (result.exit_code == 4 && result.err.find("cuda.h") != std::string::npos) return;
  REQUIRE_MESSAGE(result.exit_code == 0, result.err);
  CHECK(has_note(result, "libcufile.so.0 not found"));
}

TEST_CASE("a card without room for its tier is named, with what would fit") {
  const TempDir folder;
  if (!provide_libraries(folder / "", CuFile::kMissing)) return;
  const CommandResult result = run_on_card(folder, "1GiB", "1");
  CHECK(result.exit_code == 4);
  CHECK(result.out.empty());
  if (result.err.find("cuda.h") != std::string::npos) return;
  CHECK(result.err.find("make its capacity smaller") != std::string::npos);
}

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/command.h"
#include "support/temp_dir.h"

namespace fs = std::filesystem;
using cachebench::testing::CommandResult;
using cachebench::testing::run_command;
using cachebench::testing::TempDir;

namespace {

CommandResult install_to(const fs::path& prefix) {
  return run_command({"cmake", "--install", CACHEBENCH_BINARY_DIR, "--prefix", prefix.string()});
}

}  // namespace

TEST_CASE("an installed tree may be moved, and finds its profiles and configs") {
  const TempDir folder;
  const CommandResult installed = install_to(folder.path() / "first");
  REQUIRE_MESSAGE(installed.exit_code == 0, installed.err);
  fs::rename(folder.path() / "first", folder.path() / "moved");
  const fs::path moved = folder.path() / "moved";
  for (const char* file :
       {"bin/cachebench", "share/bash-completion/completions/cachebench",
        "share/zsh/site-functions/_cachebench", "share/cachebench/profiles/i5-10210u-mx250-nvme.json",
        "share/cachebench/schema/run.schema.json", "share/man/man1/cachebench.1"}) {
    CHECK_MESSAGE(fs::exists(moved / file), file << " is not installed");
  }
  const std::string program = (moved / "bin/cachebench").string();
  CHECK(run_command({program, "--version"}, {.directory = "/"}).out.starts_with("cachebench "));
  const CommandResult run = run_command(
      {program, "run", "--config", (moved / "share/cachebench/configs/run/quickstart.json").string(),
       "--mode", "simulate", "--limit", "50", "--quiet", "--output", folder / "out"},
      {.environment = {{"CACHEBENCH_PROFILES", ""}}, .directory = "/"});
  CHECK_MESSAGE(run.exit_code == 0, run.err);
}

TEST_CASE("installing again replaces our own program, and refuses to replace another's") {
  const TempDir folder;
  REQUIRE(install_to(folder.path()).exit_code == 0);
  CHECK(install_to(folder.path()).exit_code == 0);
  const fs::path program = folder.path() / "bin/cachebench";
  cachebench::testing::write_text(program, "#!/bin/sh\necho another\n");
  fs::permissions(program, fs::perms::owner_all);
  const CommandResult refused = install_to(folder.path());
  CHECK(refused.exit_code != 0);
  CHECK(refused.err.find("another project's program") != std::string::npos);
  CHECK(cachebench::testing::read_text(program) == "#!/bin/sh\necho another\n");
}

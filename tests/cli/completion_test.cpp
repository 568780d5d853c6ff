// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/command.h"
#include "support/temp_dir.h"

using cachebench::testing::CommandResult;
using namespace cachebench;
using cachebench::testing::run_command;

namespace {

struct Help {
  std::set<std::string> commands;
  std::set<std::string> options;
};

// What `cachebench <path> --help` names.
Help help_of(std::vector<std::string> path) {
  path.emplace_back("--help");
  const CommandResult result = testing::cachebench(path);
  REQUIRE_MESSAGE(result.exit_code == 0, result.err);
  static const std::regex kCommand(R"(^  ([a-z][\w-]*)(\s.*)?$)");
  static const std::regex kOption(R"((?:^|[\s,])(--[a-z][\w-]*))");
  Help help;
  bool in_commands = false;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(" ")) in_commands = line.starts_with("Subcommands");
    std::smatch match;
    if (in_commands && std::regex_match(line, match, kCommand)) help.commands.insert(match[1]);
    if (in_commands) continue;
    // Names: before the description, and before other options that one does not go with.
    const std::string head = line.substr(0, std::min<std::size_t>(34, line.find("Excludes:")));
    for (std::sregex_iterator at(head.begin(), head.end(), kOption); at != std::sregex_iterator(); ++at) {
      help.options.insert((*at)[1]);
    }
  }
  return help;
}

// Words that bash offers after `words`, by running the script.
std::set<std::string> offered(const std::string& script, const std::string& words) {
  const std::string code =
      "source '" + script + "'; COMP_WORDS=(" + words +
      " ''); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _cachebench; printf '%s\\n' \"${COMPREPLY[@]}\"";
  const CommandResult result = run_command({"bash", "--norc", "-c", code});
  REQUIRE_MESSAGE(result.exit_code == 0, result.err);
  std::set<std::string> offers;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) offers.insert(line);
  return offers;
}

void check_place(const std::string& script, const std::string& zsh, const std::vector<std::string>& path) {
  std::string words = "cachebench";
  for (const std::string& name : path) words += " " + name;
  const Help help = help_of(path);
  const std::set<std::string> offers = offered(script, words);
  for (const std::string& option : help.options) {
    CHECK_MESSAGE(offers.contains(option), words << ": bash does not offer " << option);
    CHECK_MESSAGE(zsh.find(option) != std::string::npos, words << ": zsh does not offer " << option);
  }
  for (const std::string& command : help.commands) {
    CHECK_MESSAGE(offers.contains(command), words << ": bash does not offer " << command);
    CHECK_MESSAGE(zsh.find(command) != std::string::npos, words << ": zsh does not offer " << command);
    std::vector<std::string> deeper = path;
    deeper.push_back(command);
    check_place(script, zsh, deeper);
  }
}

}  // namespace

TEST_CASE("the completions offer every sub-command and option of the help") {
  const testing::TempDir folder;
  const CommandResult bash = testing::cachebench({"completion", "bash"});
  REQUIRE(bash.exit_code == 0);
  testing::write_text(folder / "bash", bash.out);
  const CommandResult zsh = testing::cachebench({"completion", "zsh"});
  REQUIRE(zsh.exit_code == 0);
  CHECK(zsh.out.starts_with("#compdef cachebench\n"));
  CHECK(help_of({}).commands.size() >= 3);
  check_place(folder / "bash", zsh.out, {});
}

TEST_CASE("the man page names every sub-command") {
  const std::string page = testing::read_text(std::string(CACHEBENCH_SOURCE_DIR) + "/docs/cachebench.1.scd");
  for (const std::string& command : help_of({}).commands) {
    CHECK_MESSAGE(page.find("*" + command + "*") != std::string::npos, command << " is not in the man page");
  }
}

TEST_CASE("a shell that is not known is an error of usage") {
  const CommandResult result = testing::cachebench({"completion", "fish"});
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
}

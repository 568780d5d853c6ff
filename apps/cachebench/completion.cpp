// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "command.h"
#include "core/file.h"

// `cachebench completion bash|zsh`: completion scripts made from the parser itself, so they cannot fall
// behind it.
namespace cachebench::app {
namespace {

// One place on the command line ("", "run", "trace info") and the words that may follow.
struct Place {
  std::string path;
  std::vector<std::string> words;
};

void add_options(const CLI::App& app, std::vector<std::string>& words) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    for (const std::string& name : option->get_snames()) words.push_back("-" + name);
  }
}

// The parser keeps a group of options as a command without a name.
void collect(CLI::App& app, const std::string& path, std::vector<Place>& places) {
  Place place{.path = path, .words = {}};
  const auto visible = [](const CLI::App* command) { return !command->get_group().empty(); };
  const std::vector<CLI::App*> commands = app.get_subcommands(visible);
  for (const CLI::App* command : commands) {
    if (!command->get_name().empty()) place.words.push_back(command->get_name());
    if (command->get_name().empty()) add_options(*command, place.words);
  }
  add_options(app, place.words);
  places.push_back(std::move(place));
  for (CLI::App* command : commands) {
    if (command->get_name().empty()) continue;
    collect(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), places);
  }
}

std::string cases_of(const std::vector<Place>& places, const std::string& indent) {
  std::string text;
  for (const Place& place : places) {
    text += fmt::format("{}'{}') choices='{}' ;;\n", indent, place.path, fmt::join(place.words, " "));
  }
  return text;
}

std::string known_paths(const std::vector<Place>& places) {
  std::string text;
  for (const Place& place : places) {
    if (!place.path.empty()) text += (text.empty() ? "'" : "|'") + place.path + "'";
  }
  return text;
}

std::string bash_script(const std::vector<Place>& places) {
  return fmt::format(R"(# bash completion for cachebench
_cachebench() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" place="" next choices="" i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    next="${{place:+$place }}${{COMP_WORDS[i]}}"
    case "$next" in
      {}) place="$next" ;;
    esac
  done
  case "$place" in
{}  esac
  COMPREPLY=($(compgen -W "$choices" -- "$current"))
}}
complete -o bashdefault -o default -F _cachebench cachebench
)",
                     known_paths(places), cases_of(places, "    "));
}

std::string zsh_script(const std::vector<Place>& places) {
  return fmt::format(R"(#compdef cachebench
_cachebench() {{
  local place="" next word choices=""
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    next="${{place:+$place }}$word"
    case "$next" in
      {}) place="$next" ;;
    esac
  done
  case "$place" in
{}  esac
  compadd -- ${{=choices}}
  _files
}}
if [[ "$funcstack[1]" == _cachebench ]]; then
  _cachebench "$@"
else
  compdef _cachebench cachebench
fi
)",
                     known_paths(places), cases_of(places, "    "));
}

void add_completion(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand("completion", "Print a shell's completion script");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([&parent, &action, shell] {
    action = [&parent, shell] {
      std::vector<Place> places;
      collect(parent, "", places);
      write_stdout(*shell == "bash" ? bash_script(places) : zsh_script(places));
      return kExitOk;
    };
  });
}

}  // namespace

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "completion", .order = 90, .add = add_completion});

}  // namespace cachebench::app

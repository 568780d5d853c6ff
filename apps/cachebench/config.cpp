// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/config/explain.h"
#include "bench/config/load.h"
#include "command.h"
#include "core/error.h"
#include "core/file.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string file;
  std::string explain;
  std::vector<std::string> overrides;
  bool json = false;
};

bench::RunConfig load(const Options& options) {
  bench::RunConfig config = bench::load_config({.file = options.file, .overrides = options.overrides});
  bench::require_trace(config, options.file);
  return config;
}

int init(const Options& options) {
  const std::string text = bench::config_template();
  if (options.file.empty() || options.file == "-") {
    write_stdout(text);
    return kExitOk;
  }
  if (std::filesystem::exists(options.file)) {
    throw Error(ErrorKind::kUsage, options.file + ": exists already: name another file or remove it");
  }
  write_file(options.file, text);
  fmt::print(stderr, "wrote {}: fill in trace.path\n", options.file);
  return kExitOk;
}

int validate(const Options& options) {
  static_cast<void>(load(options));
  if (options.json) {
    const nlohmann::ordered_json document{{"file", options.file}, {"ok", true}};
    write_stdout(document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  } else {
    write_stdout(options.file + ": fine\n");
  }
  return kExitOk;
}

int show(const Options& options) {
  write_stdout(bench::to_json(load(options)).dump(2) + "\n");
  return kExitOk;
}

void add_set(CLI::App& command, Options& options) {
  command.add_option("--set", options.overrides, "Override one value, such as load.in_flight=4")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

void add(CLI::App& parent, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("config", "Write, check, show and explain configs");
  command->require_subcommand(0, 1);
  command->add_option("--explain", options->explain, "What a key means, accepts and defaults to")
      ->type_name("KEY");
  CLI::App* init_command = command->add_subcommand("init", "A config with every default, explained");
  init_command->add_option("FILE", options->file, "Default: standard output");
  CLI::App* validate_command = command->add_subcommand("validate", "Check a config");
  validate_command->add_option("FILE", options->file)->required();
  validate_command->add_flag("--json", options->json, "One JSON document on standard output");
  add_set(*validate_command, *options);
  CLI::App* show_command = command->add_subcommand("show", "The config as it resolves, defaults included");
  show_command->add_option("FILE", options->file)->required();
  show_command->add_flag("--json", options->json, "One JSON document on standard output (as without)");
  add_set(*show_command, *options);
  init_command->callback([options, &action] { action = [options] { return init(*options); }; });
  validate_command->callback([options, &action] { action = [options] { return validate(*options); }; });
  show_command->callback([options, &action] { action = [options] { return show(*options); }; });
  command->callback([options, command, &action] {
    if (!command->get_subcommands().empty()) return;
    action = [options] {
      if (options->explain.empty()) {
        throw Error(ErrorKind::kUsage,
                    "config wants init, validate, show or --explain KEY (see config --help)");
      }
      write_stdout(bench::explain_key(options->explain));
      return kExitOk;
    };
  });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "config", .order = 70, .add = add});

}  // namespace
}  // namespace cachebench::app

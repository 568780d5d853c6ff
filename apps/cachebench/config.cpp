// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "auto_config.h"
#include "bench/config/explain.h"
#include "bench/config/load.h"
#include "command.h"
#include "core/check.h"
#include "core/error.h"
#include "core/file.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string file;
  std::string explain;
  std::vector<std::string> overrides;
  PlanRequest plan;  // of init
  bool json = false;
  bool sized = false;
};

bench::RunConfig load(const Options& options) {
  bench::RunConfig config = bench::load_config({.file = options.file, .overrides = options.overrides});
  bench::require_trace(config, options.file);
  return config;
}

// The template, with another profile where one is asked for.
std::string template_for(const std::string& profile) {
  std::string text = bench::config_template();
  if (profile.empty()) return text;
  const std::string name = hardware::find_profile(profile).name;  // a path stays a path
  const std::string wanted = name == profile || profile == hardware::kDefaultAlias ? name : profile;
  const std::string key = fmt::format("\"profile\": {}", nlohmann::json(hardware::kDefaultProfile).dump());
  const std::size_t at = text.find(key);
  CACHEBENCH_CHECK(at != std::string::npos, "no profile in the template");
  return text.replace(at, key.size(), fmt::format("\"profile\": {}", nlohmann::json(wanted).dump()));
}

void save(const std::string& file, const std::string& text, const std::string& what_next) {
  if (file.empty() || file == "-") {
    write_stdout(text);
    return;
  }
  if (std::filesystem::exists(file)) {
    throw Error(ErrorKind::kUsage, file + ": exists already: name another file or remove it");
  }
  write_file(file, text);
  fmt::print(stderr, "wrote {}: {}\n", file, what_next);
}

int init(const Options& options) {
  if (!options.sized) {
    save(options.file, template_for(options.plan.profile), "fill in trace.path");
    return kExitOk;
  }
  const AutoConfig sized = auto_config(options.plan);
  fmt::print(stderr, "{}", sized.reasons);
  save(options.file, sized.text, "run it with `cachebench run --config " + options.file + "`");
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
  CLI::Option* sized = init_command->add_flag(
      "--auto", options->sized,
      "Sized for this machine, over a shipped workload; the reasons go to standard error");
  init_command
      ->add_option("--profile", options->plan.profile, "With this profile; --auto: default the nearest")
      ->type_name("NAME");
  init_command
      ->add_option("--trace", options->plan.trace, "--auto: sized for this workload, which it then runs")
      ->type_name("FILE")
      ->needs(sized);
  init_command->add_option("--model", options->plan.model, "--auto: sized for this geometry (2b, tiny)")
      ->type_name("NAME")
      ->needs(sized);
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

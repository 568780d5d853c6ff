// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "core/file.h"
#include "hardware/doctor_checks.h"

namespace cachebench::app {
namespace {

constexpr Nanoseconds kListen{300'000'000};  // long enough to meet a neighbour's time slices

struct Options {
  bool json = false;
};

int examine(const Options& options) {
  const hardware::Topology topology = hardware::read_topology();
  const auto checks = hardware::doctor_checks(topology, hardware::measure_noise(kListen));
  if (options.json) {
    const auto document = hardware::doctor_json(checks);
    write_stdout(document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  } else {
    write_stdout(hardware::doctor_text(checks));
  }
  return kExitOk;
}

void add(CLI::App& parent, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("doctor", "What this machine lacks, what that costs, and what to do about it");
  command->add_flag("--json", options->json, "One JSON document on standard output");
  command->callback([options, &action] { action = [options] { return examine(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "doctor", .order = 65, .add = add});

}  // namespace
}  // namespace cachebench::app

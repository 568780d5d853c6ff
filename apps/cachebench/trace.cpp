// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "trace_command.h"

namespace cachebench::app {

void add_read_options(CLI::App& command, trace::ReadOptions& options) {
  command.add_option("--trace-format", options.format, "Format of the input (default: detected)");
  command.add_option("--skip-bad", options.skip_bad, "Malformed records to skip before it is an error");
  command.add_option("--limit", options.limit, "Records to read (default: all)");
}

namespace {

void add(CLI::App& parent, Action& action) {
  CLI::App* command =
      parent.add_subcommand("trace", "Look at, check, convert, cut, generate and import workload traces");
  command->require_subcommand(1);
  add_trace_info(*command, action);
  add_trace_validate(*command, action);
  add_trace_convert(*command, action);
  add_trace_slice(*command, action);
  add_trace_generate(*command, action);
  add_trace_import(*command, action);
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "trace", .order = 40, .add = add});

}  // namespace
}  // namespace cachebench::app

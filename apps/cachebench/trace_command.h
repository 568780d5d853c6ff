// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "command.h"
#include "trace/reader.h"

/// What the sub-commands of `trace` share: each file adds its own to the parent. Stateless; errors as in
/// command.h.
namespace cachebench::app {

void add_trace_info(CLI::App& parent, Action& action);
void add_trace_validate(CLI::App& parent, Action& action);
void add_trace_convert(CLI::App& parent, Action& action);
void add_trace_slice(CLI::App& parent, Action& action);
void add_trace_generate(CLI::App& parent, Action& action);
void add_trace_import(CLI::App& parent, Action& action);

/// `--trace-format`, `--skip-bad`, `--limit` of whatever reads a trace.
void add_read_options(CLI::App& command, trace::ReadOptions& options);

}  // namespace cachebench::app

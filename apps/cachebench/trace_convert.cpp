// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/trace_convert.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "core/error.h"
#include "trace/writer.h"
#include "trace_command.h"

namespace cachebench::app {
namespace {

struct Options {
  bench::ConvertRequest request;
  std::string lowering;
  std::string start_time;
  std::string end_time;
};

Nanoseconds parse_time(const char* option, const std::string& text) {
  try {
    return parse_duration(text);
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, fmt::format("{}: {}", option, error.what()));
  }
}

int run(Options& options) {
  if (!options.lowering.empty()) options.request.lowering = model::parse_lowering(options.lowering);
  bench::TraceStretch& stretch = options.request.stretch;
  if (!options.start_time.empty()) stretch.start = parse_time("--start-time", options.start_time);
  if (!options.end_time.empty()) stretch.end = parse_time("--end-time", options.end_time);
  const bench::ConvertSummary summary = bench::convert_trace(options.request);
  const std::string skipped =
      summary.skipped == 0 ? "" : fmt::format(", {} malformed ones skipped", summary.skipped);
  std::fprintf(stderr, "%s: %llu records of format %s%s\n", options.request.out.c_str(),
               static_cast<unsigned long long>(summary.written), summary.to_format.c_str(), skipped.c_str());
  return kExitOk;
}

void add_common(CLI::App& command, Options& options) {
  command.add_option("in", options.request.in, "Trace to read")->required();
  command.add_option("out", options.request.out, "File to write; a name ending in .zst is compressed")
      ->required();
  command.add_option("--lowering", options.lowering, "How requests become plain objects: blocks, graph");
  command.add_option("--geometry", options.request.geometry, "Model that gives sizes: 2b (default), tiny");
  add_read_options(command, options.request.read);
}

}  // namespace

void add_trace_convert(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand("convert", "Write a trace in another format");
  const auto options = std::make_shared<Options>();
  add_common(*command, *options);
  command
      ->add_option("--to", options->request.format,
                   fmt::format("Format: {}", fmt::join(trace::writable_formats(), ", ")))
      ->required();
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

void add_trace_slice(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand("slice", "Cut a stretch out of a trace");
  const auto options = std::make_shared<Options>();
  add_common(*command, *options);
  bench::TraceStretch& stretch = options->request.stretch;
  command->add_option("--to", options->request.format, "Format of the output (default: the input's)");
  command->add_option("--from", stretch.from, "Records to pass over");
  command->add_option("--count", stretch.count, "Records to keep at most");
  command->add_option("--start-time", options->start_time,
                      "Keep from here on, since the first record: 90s, 5m");
  command->add_option("--end-time", options->end_time, "Keep what comes before this time");
  command->add_flag("--rebase", stretch.rebase, "Move the first kept record to time 0");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace cachebench::app

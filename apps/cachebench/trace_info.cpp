// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/trace_info.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "trace_command.h"

namespace cachebench::app {
namespace {

struct Options {
  bench::TraceInfoRequest request;
  std::string lowering;
  bool json = false;
};

int run(Options& options) {
  if (!options.lowering.empty()) options.request.lowering = model::parse_lowering(options.lowering);
  const bench::TraceInfo info = bench::trace_info(options.request);
  using Json = nlohmann::ordered_json;
  write_stdout(options.json ? bench::to_json(info).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
                            : bench::to_text(info));
  return kExitOk;
}

}  // namespace

void add_trace_info(CLI::App& parent, Action& action) {
  CLI::App* command =
      parent.add_subcommand("info", "What a trace holds, how much of it repeats, and how soon");
  const auto options = std::make_shared<Options>();
  command->add_option("file", options->request.path, "Trace")->required();
  command->add_option("--lowering", options->lowering,
                      "How requests become accesses: graph (default), blocks");
  command->add_option("--geometry", options->request.geometry, "Model that gives sizes: 2b (default), tiny");
  command->add_flag("--json", options->json, "Print JSON");
  add_read_options(*command, options->request.read);
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace cachebench::app

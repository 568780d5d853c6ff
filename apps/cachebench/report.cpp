// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "command.h"
#include "core/file.h"
#include "result/json.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string file;
  std::string format = "html";
  std::string output;
};

int print_report(const Options& options) {
  const report::ReportDescriptor& format = report::format_of(options.format);
  const std::string text = format.render(result::read_result(options.file));
  if (options.output.empty() || options.output == "-") {
    write_stdout(text);
  } else {
    write_file(options.output, text);
  }
  return kExitOk;
}

std::string format_names() {
  std::string names;
  for (const std::string& name : Registry<report::ReportDescriptor>::instance().names()) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

void add_report(CLI::App& parent, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("report", "Turns a result file into a page, a table or text");
  command->add_option("file", options->file, "result.json of a run")->required();
  command->add_option("--format", options->format, format_names())->capture_default_str();
  command->add_option("--output", options->output, "file to write; standard output without it");
  command->callback([options, &action] { action = [options] { return print_report(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "report", .order = 50, .add = add_report});

}  // namespace
}  // namespace cachebench::app

// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "command.h"
#include "core/file.h"
#include "core/json_file.h"
#include "result/json.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string file;
  std::string format = "html";
  std::string output;
};

std::string text_of(const Options& options) {
  const report::ReportDescriptor& format = report::format_of(options.format);
  const nlohmann::ordered_json document = read_json_file(options.file, ErrorKind::kInput);
  const bool sweep = document.is_object() && document.contains("kind") && document["kind"] == "sweep";
  if (sweep) return format.render_sweep(result::sweep_from_json(document, options.file));
  return format.render(result::from_json(document, options.file));
}

int print_report(const Options& options) {
  const std::string text = text_of(options);
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
  command->add_option("file", options->file, "Result of a run or a sweep")->required();
  command->add_option("--format", options->format, format_names())->capture_default_str();
  command->add_option("--output", options->output, "file to write; standard output without it");
  command->callback([options, &action] { action = [options] { return print_report(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "report", .order = 50, .add = add_report});

}  // namespace
}  // namespace cachebench::app

// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "version_text.h"

namespace {

using cachebench::Error;
using cachebench::ErrorKind;
namespace app = cachebench::app;

int complain(const char* message, ErrorKind kind) {
  std::fprintf(stderr, "cachebench: %s\n", message);
  return static_cast<int>(kind);
}

int parse_and_run(int argc, char** argv) {
  CLI::App parser("Benchmarks and profiles multimodal inference caches.", "cachebench");
  parser.set_version_flag("--version", app::version_line());
  bool wants_json = false;
  const CLI::Option* json =
      parser.add_flag("--json", wants_json, "With --version: what it was built from, as a JSON document");
  parser.require_subcommand(1);
  parser.get_formatter()->column_width(34);
  app::Action action;
  auto commands = cachebench::Registry<app::CommandDescriptor>::instance().items();
  std::stable_sort(commands.begin(), commands.end(),
                   [](const auto& a, const auto& b) { return a.order < b.order; });
  for (const app::CommandDescriptor& command : commands) command.add(parser, action);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::Success& help) {
    const bool version = dynamic_cast<const CLI::CallForVersion*>(&help) != nullptr;
    const std::string text = json->count() > 0 ? app::version_document() : app::version_line();
    cachebench::write_stdout(version ? text : parser.help());
    return app::kExitOk;
  } catch (const CLI::ParseError& error) {
    return complain((std::string(error.what()) + " (see --help)").c_str(), ErrorKind::kUsage);
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe and a file beyond its limit are errors of the write, told in one line.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return parse_and_run(argc, argv);
  } catch (const Error& error) {
    return complain(error.what(), error.kind());
  } catch (const std::bad_alloc&) {
    return complain("out of memory", ErrorKind::kEnvironment);
  } catch (const std::exception& error) {
    return complain((std::string("internal error: ") + error.what()).c_str(), ErrorKind::kInternal);
  }
}

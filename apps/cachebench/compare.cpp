// SPDX-License-Identifier: Apache-2.0
// `cachebench compare`: results or sweeps side by side.
#include "result/compare.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "report/compare_page.h"
#include "result/compare_setup.h"

namespace cachebench::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> files;
  std::string html;
  std::size_t rows = 40;
  bool force = false;
  bool json = false;
};

// A folder holds repeats of one experiment.
std::vector<std::string> results_of(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, failed)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  if (failed) throw Error(ErrorKind::kInput, path + ": " + failed.message());
  if (files.empty()) throw Error(ErrorKind::kInput, path + ": no result (*.json) in this folder");
  std::sort(files.begin(), files.end());
  return files;
}

int run(const Options& options) {
  std::deque<Json> documents;  // the sides point into it
  std::vector<result::CompareSide> sides;
  for (const std::string& path : options.files) {
    result::CompareSide side{.name = path, .documents = {}};
    for (const std::string& file : results_of(path)) {
      side.documents.push_back(&documents.emplace_back(result::read_any_result(file)));
    }
    sides.push_back(std::move(side));
  }
  const result::Comparison comparison =
      result::compare(sides, options.force ? result::OnDifference::kTell : result::OnDifference::kRefuse);
  if (!options.html.empty()) write_file(options.html, report::compare_page(comparison));
  const std::string table = report::compare_table(comparison, options.rows);
  if (options.json) {
    std::fputs(table.c_str(), stderr);
    write_stdout(result::to_json(comparison).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    write_stdout(table);
  }
  return kExitOk;
}

void add(CLI::App& parent, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("compare", "Results or sweeps side by side");
  command
      ->add_option("FILES", options->files,
                   "Two results or more, of runs or of sweeps; a folder holds repeats of one")
      ->required()
      ->expected(2, 1000);
  command->add_flag("--force", options->force, "Compare although traces, seeds or profiles differ");
  command->add_flag("--json", options->json, "One JSON document on standard output");
  command->add_option("--html", options->html, "A page with the differences drawn")->type_name("FILE");
  command->add_option("--rows", options->rows, "Rows of the table at most")->capture_default_str();
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "compare", .order = 42, .add = add});

}  // namespace
}  // namespace cachebench::app

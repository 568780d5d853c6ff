// SPDX-License-Identifier: Apache-2.0
// `cachebench gate`: a result against its baseline.
#include "result/gate.h"

#include <fmt/format.h>

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
#include "core/json_file.h"
#include "report/gate_report.h"
#include "result/compare_setup.h"
#include "result/gate_baseline.h"

namespace cachebench::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
  std::string config;
  std::string baseline;
  std::string candidate;
  std::string junit;
  std::string markdown;
  std::string undecided = "code";
  bool json = false;
  bool update_baseline = false;
};

/// The two files of a pair; `name` is "" for two single files.
struct Files {
  std::string name;
  std::string baseline;
  std::string candidate;
};

std::vector<std::string> results_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().filename().string());
  }
  if (failed) throw Error(ErrorKind::kInput, folder + ": " + failed.message());
  if (names.empty()) throw Error(ErrorKind::kInput, folder + ": no result (*.json) in this folder");
  std::sort(names.begin(), names.end());
  return names;
}

// In folders, files of one name belong together. The baseline says which there must be.
std::vector<Files> pairs_of(const std::string& baseline, const std::string& candidate) {
  const bool folders = fs::is_directory(baseline);
  if (folders != fs::is_directory(candidate)) {
    const std::string& file = folders ? candidate : baseline;
    const char* reason = fs::exists(file) ? "is not a folder, and the other side is" : "is not there";
    throw Error(ErrorKind::kInput, fmt::format("{}: {}", file, reason));
  }
  if (!folders) return {{.name = "", .baseline = baseline, .candidate = candidate}};
  std::vector<Files> pairs;
  for (const std::string& name : results_in(baseline)) {
    const std::string other = (fs::path(candidate) / name).string();
    if (!fs::exists(other)) {
      throw Error(ErrorKind::kInput, fmt::format("{}: is not there, and the baseline has it", other));
    }
    pairs.push_back({.name = name, .baseline = (fs::path(baseline) / name).string(), .candidate = other});
  }
  for (const std::string& name : results_in(candidate)) {
    const bool known =
        std::any_of(pairs.begin(), pairs.end(), [&](const Files& pair) { return pair.name == name; });
    if (!known) fmt::print(stderr, "cachebench: {}/{}: no baseline, not gated\n", candidate, name);
  }
  return pairs;
}

result::GateResult judge(const Options& options) {
  const result::GateSpec spec =
      result::gate_from_json(read_json_file(options.config, ErrorKind::kUsage), options.config);
  std::deque<Json> documents;  // the pairs point into it
  std::vector<result::GatePair> pairs;
  for (const Files& files : pairs_of(options.baseline, options.candidate)) {
    const Json& baseline = documents.emplace_back(result::read_any_result(files.baseline));
    const Json& candidate = documents.emplace_back(result::read_any_result(files.candidate));
    pairs.push_back({.name = files.name,
                     .baseline_file = files.baseline,
                     .candidate_file = files.candidate,
                     .baseline = &baseline,
                     .candidate = &candidate});
  }
  return result::judge(spec, pairs);
}

int exit_code(const Options& options, result::Verdict verdict) {
  if (verdict == result::Verdict::kRegressed) return kExitThreshold;
  if (verdict != result::Verdict::kUndecided || options.undecided == "pass") return kExitOk;
  return options.undecided == "fail" ? kExitThreshold : kExitUndecided;
}

void write_baseline(const std::string& from, const std::string& to) {
  const Json kept = result::baseline_of(result::read_any_result(from), from);
  write_file(to, kept.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  fmt::print(stderr, "cachebench: {} is the new baseline\n", to);
}

int update_baseline(const Options& options) {
  if (!fs::is_directory(options.candidate)) {
    write_baseline(options.candidate, options.baseline);
    return kExitOk;
  }
  std::error_code failed;
  fs::create_directories(options.baseline, failed);
  if (failed) throw Error(ErrorKind::kEnvironment, options.baseline + ": " + failed.message());
  for (const std::string& name : results_in(options.candidate)) {
    write_baseline((fs::path(options.candidate) / name).string(),
                   (fs::path(options.baseline) / name).string());
  }
  return kExitOk;
}

int run(const Options& options) {
  if (options.update_baseline) return update_baseline(options);
  if (options.config.empty()) throw Error(ErrorKind::kUsage, "gate: --config is required");
  const result::GateResult gate = judge(options);
  if (!options.junit.empty()) write_file(options.junit, report::gate_junit(gate));
  if (!options.markdown.empty()) write_file(options.markdown, report::gate_markdown(gate));
  const std::string table = report::gate_table(gate);
  if (options.json) {
    std::fputs(table.c_str(), stderr);
    write_stdout(result::to_json(gate).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    write_stdout(table);
  }
  return exit_code(options, gate.verdict);
}

void add(CLI::App& parent, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("gate", "Holds a result against its baseline, for CI");
  command->add_option("--config", options->config, "The gate file: which values, which limits")
      ->type_name("GATE");
  command->add_option("--baseline", options->baseline, "A result, or a folder of results")
      ->required()
      ->type_name("A");
  command->add_option("--candidate", options->candidate, "A result, or a folder with files of the same names")
      ->required()
      ->type_name("B");
  command->add_flag("--json", options->json, "One JSON document on standard output");
  command->add_option("--junit", options->junit, "Verdicts as JUnit XML")->type_name("FILE");
  command->add_option("--markdown", options->markdown, "Verdicts as Markdown")->type_name("FILE");
  command->add_option("--undecided", options->undecided, "What undecided exits with: 6 (code), 0 or 1")
      ->check(CLI::IsMember({"code", "pass", "fail"}));
  command->add_flag("--update-baseline", options->update_baseline,
                    "Write the candidate, cut down to what is computed by rule, as the baseline");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "gate", .order = 45, .add = add});

}  // namespace
}  // namespace cachebench::app

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "core/file.h"
#include "model/backend_loader.h"
#include "model/model_check.h"

namespace cachebench::app {
namespace {

struct Options {
  model::ModelCheckRequest request;
  bool json = false;
};

std::string table_of(const model::ModelCheckReport& report) {
  std::string text = fmt::format("{}, computed in {}\n", report.backend, report.dtype);
  for (const model::CaseCheck& one : report.cases) {
    double worst = 0;
    for (const model::TensorCheck& tensor : one.tensors) {
      if (tensor.name != "pixel_values") worst = std::max(worst, tensor.max_rel);
    }
    text += fmt::format("{:<40} {:>4} tensors  largest relative difference {:.2g}  {}\n", one.file,
                        one.tensors.size(), worst, one.ok() ? "ok" : "FAILED");
    for (const model::TensorCheck& tensor : one.tensors) {
      if (!tensor.ok)
        text += fmt::format("  {:<38} {:.3g} absolute, {:.3g} relative: {}\n", tensor.name, tensor.max_abs,
                            tensor.max_rel, tensor.reason);
    }
  }
  return text;
}

int run(const Options& options) {
  const model::ModelCheckReport report = model::load_backend().check(options.request);
  write_stdout(options.json ? model::to_json(report).dump(2) + "\n" : table_of(report));
  return report.ok() ? kExitOk : kExitThreshold;
}

void add(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand("model", "The model that pipelines run");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* check =
      command->add_subcommand("check", "A checkpoint's forward pass against reference activations");
  check->add_option("folder", options->request.folder, "config.json, safetensors, case_*.safetensors")
      ->required()
      ->type_name("DIR");
  check->add_option("--case", options->request.cases, "These cases instead of the folder's")
      ->type_name("FILE");
  check->add_flag("--json", options->json, "One JSON document on standard output");
  check->callback([options, &action] { action = [options] { return run(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "model", .order = 75, .add = add});

}  // namespace
}  // namespace cachebench::app

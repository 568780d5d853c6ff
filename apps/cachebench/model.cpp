// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "core/file.h"
#include "model/backend_loader.h"
#include "model/model_check.h"
#include "model_command.h"

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

void add_run(CLI::App& parent, Action& action) {
  auto options = std::make_shared<ModelRunOptions>();
  CLI::App* run = parent.add_subcommand("run", "Requests through the model one by one, without caches");
  auto* checkpoint = run->add_option("--checkpoint", options->model.checkpoint, "config.json, safetensors")
                         ->type_name("DIR");
  run->add_option("--preset", options->model.preset, "Geometry with seeded random weights: tiny, 2b")
      ->excludes(checkpoint);
  run->add_option("--image", options->images, "PNG or JPEG; may be repeated")->type_name("FILE");
  run->add_option("--prompt", options->prompt, "Text after the images; becomes ids without a tokeniser");
  run->add_option("--prompt-tokens", options->prompt_tokens, "That many made-up ids instead");
  run->add_option("--tokens", options->tokens, "Of each answer");
  run->add_option("--requests", options->requests, "The same, so many times");
  run->add_option("--dtype", options->model.dtype, "float32, bfloat16 or float16");
  run->add_option("--weights", options->model.weights, "full, or int8 for the linear layers");
  run->add_option("--threads", options->model.threads, "Inside one stage");
  run->add_option("--kv-tokens", options->model.kv_tokens, "Room for keys and values");
  run->add_option("--seed", options->model.seed, "Of random weights");
  run->add_option("--temperature", options->sampling.temperature, "0: the likeliest token always");
  run->add_option("--top-k", options->sampling.top_k, "0: all");
  run->add_option("--top-p", options->sampling.top_p, "Up to this much probability");
  run->add_option("--sample-seed", options->sampling.seed, "Of the sampled tokens");
  run->add_option("--runner", options->runner, "libtorch, or modelled, which computes nothing");
  auto* stream = run->add_flag("--stream", options->stream, "Each token as it comes");
  run->add_flag("--json", options->json, "One JSON document on standard output")->excludes(stream);
  run->callback([options, &action] { action = [options] { return run_model(*options); }; });
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
  add_run(*command, action);
  check->callback([options, &action] { action = [options] { return run(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "model", .order = 75, .add = add});

}  // namespace
}  // namespace cachebench::app

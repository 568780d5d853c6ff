// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/model_runner.h"
#include "pipeline/request.h"

/// `cachebench model run`: one request after another through a model, without caches, with its times and the
/// memory it takes. Returns the exit code; errors are thrown as Error.
namespace cachebench::app {

struct ModelRunOptions {
  std::string runner = "libtorch";
  model::RunnerOptions model;
  std::vector<std::string> images;
  std::string prompt = "Describe the picture.";
  std::uint64_t prompt_tokens = 0;  ///< instead of `prompt`: that many made-up ones
  std::uint64_t tokens = 16;
  std::uint64_t requests = 1;
  pipeline::SamplingOptions sampling;
  bool stream = false;
  bool json = false;
};
[[nodiscard]] int run_model(const ModelRunOptions& options);

}  // namespace cachebench::app

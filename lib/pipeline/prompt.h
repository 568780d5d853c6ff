// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/artefact.h"
#include "model/model_runner.h"
#include "pipeline/request.h"
#include "pipeline/tokenize.h"

/// The tokens of a request in the order of its parts, an image token for each visual token. Tokens of the
/// chat template belong to no part and are left out. Pure function.
namespace cachebench::pipeline {

struct Prompt {
  model::PromptTokens tokens;
  std::vector<model::TokenSpan> parts;  ///< where each part sits
};

struct PromptInputs {
  const AsyncMultimodalRequest* request = nullptr;
  std::span<const model::PatchGrid> grids;  ///< of its images, in order
  TokenSpace space;
  std::uint32_t merge = 2;
};
/// Throws Error{kInput} "request N: reason" for an empty prompt, one beyond model::kMaxPromptTokens, and ids
/// that are outside the vocabulary or the image token. REQUIRES: a grid an image.
[[nodiscard]] Prompt assemble_prompt(const PromptInputs& inputs);

}  // namespace cachebench::pipeline

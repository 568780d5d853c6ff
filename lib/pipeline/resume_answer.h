// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/model_runner.h"

/// How a request whose answer has begun is read into the runner again. The answer so far becomes part of the
/// prompt, as far as a prompt can hold it: an image token there would stand for an image, so it and what
/// follows is decoded again instead. Stateless.
namespace cachebench::pipeline {

/// Makes `ids` the prompt's first `prompt` tokens and the answer; returns what has to be decoded.
[[nodiscard]] std::vector<std::int64_t> append_answer(std::vector<std::int64_t>& ids, std::uint64_t prompt,
                                                      std::span<const std::int64_t> answer,
                                                      std::int64_t image_token);

/// Keeps the leading blocks that a prompt of so many tokens can take.
void trim_blocks(std::vector<SharedTensor>& blocks, std::uint64_t tokens);

/// Decodes `tokens` after the prompt of `outcome`, whose logits are then those after the last of them. Where
/// that fails the outcome has the error and no sequence.
void decode_again(model::ModelRunner& runner, std::span<const std::int64_t> tokens,
                  model::PrefillOutcome& outcome);

}  // namespace cachebench::pipeline

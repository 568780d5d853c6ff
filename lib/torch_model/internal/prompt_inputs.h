// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/checkpoint.h"
#include "model/mrope_positions.h"
#include "torch_model/internal/text_decoder.h"

/// What the decoder's layers take in for the tokens of a prompt from one on: made of token ids and vision
/// outputs, or of a `text_image_pair` that was kept, and put together for several prompts at once. Pure
/// functions. Throws Error{kInput} for a prompt that is none, Error{kUsage} for a missing or ill-shaped part.
namespace cachebench::torch_model {

/// A prompt on its way through the stages.
struct Prompt {
  std::vector<std::int64_t> tokens;
  std::vector<model::PatchGrid> grids;  ///< of its images, in order
};

/// A prompt that holds together, with what follows from it.
struct PlacedPrompt {
  Prompt prompt;
  at::Tensor positions;                  ///< [3, S], int64
  std::int64_t delta = 0;                ///< see model::PromptPositions
  std::vector<std::int64_t> image_rows;  ///< its image tokens, in order
  std::vector<std::int64_t> first_row;   ///< of each image among image_rows, and their number at the end

  [[nodiscard]] std::int64_t tokens() const { return static_cast<std::int64_t>(prompt.tokens.size()); }
  [[nodiscard]] std::int64_t visual_tokens() const { return static_cast<std::int64_t>(image_rows.size()); }
};

/// Checks ids, grids and their agreement before anything is computed.
[[nodiscard]] PlacedPrompt place(Prompt prompt, const model::CheckpointConfig& config);

/// A grid that the tower can merge; `what` is for the message.
void check_grid(const model::PatchGrid& grid, std::uint32_t merge);

struct PromptInputs {
  at::Tensor hidden;                     ///< [n, H]
  at::Tensor positions;                  ///< [3, n]
  std::vector<std::int64_t> image_rows;  ///< of `hidden`
  std::vector<at::Tensor> deepstack;     ///< one a tap, [image rows, H]
};

/// Of tokens [from, S): `vision` has one tensor an image, [V, (1 + taps) · H]; undefined is allowed for
/// images that lie before `from`.
[[nodiscard]] PromptInputs assemble(const PlacedPrompt& placed, std::int64_t from, const TextDecoder& decoder,
                                    std::span<const at::Tensor> vision);

/// The same of a pair, [S + taps · V, H], as to_pair makes it.
[[nodiscard]] PromptInputs from_pair(const PlacedPrompt& placed, std::int64_t from, const at::Tensor& pair,
                                     std::size_t taps);
/// REQUIRES: inputs of a whole prompt.
[[nodiscard]] at::Tensor to_pair(const PromptInputs& inputs);

/// Several prompts as one input: rows one after another.
struct JoinedInputs {
  DecoderInput input;                 ///< its `deepstack` views the one below
  std::vector<at::Tensor> deepstack;  ///< one a tap
};
[[nodiscard]] JoinedInputs join(std::span<const PromptInputs> prompts);

}  // namespace cachebench::torch_model

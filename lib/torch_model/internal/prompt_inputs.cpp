// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/prompt_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace cachebench::torch_model {
namespace {

constexpr std::int64_t kLongestSide = 1 << 20;  // of a grid, in patches: far beyond the resize rule's

/// Rows [begin, end) of all images' rows, side by side in pieces of width H: embedding, tap 0, tap 1, …
at::Tensor vision_rows(const PlacedPrompt& placed, std::int64_t begin, std::span<const at::Tensor> vision,
                       std::int64_t width) {
  std::vector<at::Tensor> parts;
  for (std::size_t image = 0; image + 1 < placed.first_row.size(); ++image) {
    const std::int64_t first = placed.first_row[image];
    const std::int64_t end = placed.first_row[image + 1];
    if (end <= begin) continue;
    if (image >= vision.size() || !vision[image].defined()) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("the vision output of image {} is needed and not there", image));
    }
    if (vision[image].size(0) != end - first || vision[image].size(1) != width) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("the vision output of image {} is [{}, {}], expected [{}, {}]", image,
                              vision[image].size(0), vision[image].size(1), end - first, width));
    }
    const std::int64_t skip = std::max<std::int64_t>(begin - first, 0);
    parts.push_back(vision[image].narrow(0, skip, end - first - skip));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
}

/// Numbers of the image rows from token `from` on, counted from there, and how many lie before it.
std::vector<std::int64_t> rows_from(const PlacedPrompt& placed, std::int64_t from) {
  const auto first = std::lower_bound(placed.image_rows.begin(), placed.image_rows.end(), from);
  std::vector<std::int64_t> rows(first, placed.image_rows.end());
  for (std::int64_t& row : rows) row -= from;
  return rows;
}

}  // namespace

void check_grid(const model::PatchGrid& grid, std::uint32_t merge) {
  const auto side = [&](std::int64_t n) { return n >= merge && n % merge == 0 && n <= kLongestSide; };
  if (grid.frames < 1 || grid.frames > kLongestSide || !side(grid.rows) || !side(grid.columns)) {
    throw Error(ErrorKind::kInput,
                fmt::format("a grid of {} frames of {} × {} patches cannot be merged {} × {}", grid.frames,
                            grid.rows, grid.columns, merge, merge));
  }
}

PlacedPrompt place(Prompt prompt, const model::CheckpointConfig& config) {
  if (prompt.tokens.empty()) throw Error(ErrorKind::kInput, "a prompt of no tokens");
  for (const std::int64_t token : prompt.tokens) {
    if (token < 0 || token >= std::int64_t{config.text.vocabulary}) {
      throw Error(ErrorKind::kInput,
                  fmt::format("token {} is not in the vocabulary of {}", token, config.text.vocabulary));
    }
  }
  for (const model::PatchGrid& grid : prompt.grids) check_grid(grid, config.vision.merge);
  const model::PromptPositions positions = model::mrope_positions({.tokens = prompt.tokens,
                                                                   .grids = prompt.grids,
                                                                   .image_token = config.image_token,
                                                                   .merge = config.vision.merge});
  PlacedPrompt placed;
  std::vector<at::Tensor> axes;
  for (const std::vector<std::int64_t>& axis : positions.axis) axes.push_back(at::tensor(axis, at::kLong));
  placed.positions = at::stack(axes);
  placed.delta = positions.delta;
  for (std::size_t i = 0; i < prompt.tokens.size(); ++i) {
    if (prompt.tokens[i] == config.image_token) placed.image_rows.push_back(static_cast<std::int64_t>(i));
  }
  placed.first_row.push_back(0);
  const std::int64_t area = std::int64_t{config.vision.merge} * config.vision.merge;
  for (const model::PatchGrid& grid : prompt.grids) {
    placed.first_row.push_back(placed.first_row.back() + grid.patches() / area);
  }
  placed.prompt = std::move(prompt);
  return placed;
}

PromptInputs assemble(const PlacedPrompt& placed, std::int64_t from, const TextDecoder& decoder,
                      std::span<const at::Tensor> vision) {
  const std::int64_t count = placed.tokens() - from;
  PromptInputs inputs;
  const std::vector<std::int64_t> ids(placed.prompt.tokens.begin() + from, placed.prompt.tokens.end());
  inputs.hidden = decoder.embed(at::tensor(ids, at::kLong));
  inputs.positions = placed.positions.narrow(1, from, count);
  inputs.image_rows = rows_from(placed, from);
  const auto rows = static_cast<std::int64_t>(inputs.image_rows.size());
  if (rows == 0) return inputs;
  const std::int64_t width = inputs.hidden.size(1);
  const at::Tensor features =
      vision_rows(placed, placed.visual_tokens() - rows, vision, decoder.vision_width());
  inputs.hidden = inputs.hidden.index_copy(0, at::tensor(inputs.image_rows, at::kLong),
                                           features.narrow(1, 0, width).to(inputs.hidden.scalar_type()));
  for (std::int64_t at = width; at < features.size(1); at += width) {
    inputs.deepstack.push_back(features.narrow(1, at, width).to(inputs.hidden.scalar_type()));
  }
  return inputs;
}

PromptInputs from_pair(const PlacedPrompt& placed, std::int64_t from, const at::Tensor& pair,
                       std::size_t taps) {
  const std::int64_t tokens = placed.tokens();
  const std::int64_t visual = placed.visual_tokens();
  PromptInputs inputs;
  inputs.hidden = pair.narrow(0, from, tokens - from);
  inputs.positions = placed.positions.narrow(1, from, tokens - from);
  inputs.image_rows = rows_from(placed, from);
  const auto rows = static_cast<std::int64_t>(inputs.image_rows.size());
  for (std::size_t tap = 0; rows > 0 && tap < taps; ++tap) {
    inputs.deepstack.push_back(
        pair.narrow(0, tokens + (static_cast<std::int64_t>(tap) + 1) * visual - rows, rows));
  }
  return inputs;
}

at::Tensor to_pair(const PromptInputs& inputs) {
  std::vector<at::Tensor> parts{inputs.hidden};
  parts.insert(parts.end(), inputs.deepstack.begin(), inputs.deepstack.end());
  return at::cat(parts, 0);
}

JoinedInputs join(std::span<const PromptInputs> prompts) {
  JoinedInputs joined;
  std::vector<at::Tensor> hidden;
  std::vector<at::Tensor> positions;
  std::vector<std::int64_t> rows;
  std::vector<std::vector<at::Tensor>> features;
  std::int64_t begin = 0;
  for (const PromptInputs& one : prompts) {
    hidden.push_back(one.hidden);
    positions.push_back(one.positions);
    for (const std::int64_t row : one.image_rows) rows.push_back(begin + row);
    features.resize(std::max(features.size(), one.deepstack.size()));
    for (std::size_t tap = 0; tap < one.deepstack.size(); ++tap) features[tap].push_back(one.deepstack[tap]);
    begin += one.hidden.size(0);
  }
  const auto one_of = [](const std::vector<at::Tensor>& parts, std::int64_t axis) {
    return parts.size() == 1 ? parts.front() : at::cat(parts, axis);
  };
  for (const std::vector<at::Tensor>& of_tap : features) joined.deepstack.push_back(one_of(of_tap, 0));
  joined.input.hidden = one_of(hidden, 0);
  joined.input.positions = one_of(positions, 1);
  if (!rows.empty()) joined.input.image_rows = at::tensor(rows, at::kLong);
  joined.input.deepstack = joined.deepstack;
  return joined;
}

}  // namespace cachebench::torch_model

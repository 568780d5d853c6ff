// SPDX-License-Identifier: Apache-2.0
#include "model/mrope_positions.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace cachebench::model {
namespace {

void append(PromptPositions& positions, std::int64_t t, std::int64_t h, std::int64_t w) {
  positions.axis[0].push_back(t);
  positions.axis[1].push_back(h);
  positions.axis[2].push_back(w);
}

}  // namespace

PromptPositions mrope_positions(const PositionQuery& query) {
  PromptPositions positions;
  const std::int64_t merge = query.merge;
  std::int64_t next = 0;
  std::size_t image = 0;
  for (std::size_t at = 0; at < query.tokens.size();) {
    if (query.tokens[at] != query.image_token) {
      append(positions, next, next, next);
      ++next;
      ++at;
      continue;
    }
    if (image == query.grids.size()) {
      throw Error(ErrorKind::kInput,
                  fmt::format("token {} belongs to an image, but there are only {}", at, image));
    }
    const PatchGrid& grid = query.grids[image++];
    const std::int64_t rows = grid.rows / merge;
    const std::int64_t columns = grid.columns / merge;
    const auto tokens = static_cast<std::size_t>(grid.frames * rows * columns);
    const auto first = query.tokens.begin() + static_cast<std::ptrdiff_t>(at);
    const bool whole = query.tokens.size() - at >= tokens &&
                       std::all_of(first, first + static_cast<std::ptrdiff_t>(tokens),
                                   [&](std::int64_t token) { return token == query.image_token; });
    if (!whole || tokens == 0) {
      throw Error(ErrorKind::kInput,
                  fmt::format("image {} needs {} tokens in a row from token {} on", image, tokens, at));
    }
    for (std::int64_t t = 0; t < grid.frames; ++t) {
      for (std::int64_t h = 0; h < rows; ++h) {
        for (std::int64_t w = 0; w < columns; ++w) append(positions, next + t, next + h, next + w);
      }
    }
    next += std::max({grid.frames, rows, columns});
    at += tokens;
  }
  if (image != query.grids.size()) {
    throw Error(ErrorKind::kInput, fmt::format("{} images, but tokens for {}", query.grids.size(), image));
  }
  positions.delta = next - static_cast<std::int64_t>(query.tokens.size());
  return positions;
}

}  // namespace cachebench::model

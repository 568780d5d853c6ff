// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

/// Positions of a prompt's tokens on the three axes of interleaved MRoPE. Text counts up on all three alike;
/// an image that starts at p has T = p, H = p + row, W = p + column of its merged grid, and what follows goes
/// on at one more than the largest position so far. Pure functions. Throws Error{kInput} when image tokens
/// and grids do not match.
namespace cachebench::model {

/// Of one image (or frame pair): patches in time, height and width.
struct PatchGrid {
  std::int64_t frames = 1;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  [[nodiscard]] std::int64_t patches() const { return frames * rows * columns; }
  bool operator==(const PatchGrid&) const = default;
};

struct PromptPositions {
  std::array<std::vector<std::int64_t>, 3> axis;  ///< T, H, W, one a token
  std::int64_t delta = 0;  ///< largest position + 1 - tokens: decoding goes on at cache index + delta
};

struct PositionQuery {
  std::span<const std::int64_t> tokens;
  std::span<const PatchGrid> grids;  ///< in the order of the images
  std::int64_t image_token = 0;
  std::uint32_t merge = 2;
};
[[nodiscard]] PromptPositions mrope_positions(const PositionQuery& query);

}  // namespace cachebench::model

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/hamming.h"
#include "image/image.h"

/// The perceptual hash of a picture: luma resized by area to 32×32, 2-D DCT-II, the 8×8 lowest frequencies
/// with the constant one, bit = coefficient above the median of the 64 (the mean of the middle two), row by
/// row, most significant bit first. In integers throughout, so that it is the same on every machine and a
/// flat picture's noise decides nothing. Pictures that look alike differ in few bits; so do two views of one
/// scene (docs/similarity.md). Pure functions.
namespace cachebench::image {

/// Compare two with hamming_distance of core/hamming.h.
[[nodiscard]] std::uint64_t phash(const Image& image);

/// The same with a 64×64 grid and its 16×16 lowest frequencies, 256 bits: sees four times as much, and so
/// tells copies from second views where phash does not. For a second look at what phash finds.
[[nodiscard]] FineCode fine_phash(const Image& image);

}  // namespace cachebench::image

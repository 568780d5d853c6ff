// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Between a similarity from 0 to 1, as configs say it, and a Hamming distance of 64-bit codes, as the index
/// counts it: similarity = 1 − distance / 64. Pure functions.
namespace cachebench::cache {

/// Throws Error{kUsage} for what is not a number from 0 to 1.
void check_threshold(double threshold);

/// The largest distance whose similarity reaches `threshold`: 6 for 0.9, 0 for 1.
/// Throws as check_threshold.
[[nodiscard]] int max_distance_of(double threshold);

[[nodiscard]] double similarity_of(int distance);

}  // namespace cachebench::cache

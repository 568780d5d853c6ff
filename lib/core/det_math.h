// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Transcendental functions that give the same bits on every x86-64 machine: built from IEEE additions,
/// multiplications and divisions alone, never from libm, whose last digit differs between versions. For
/// generators and for whatever decides; relative error below 1e-14.
namespace cachebench::det {

[[nodiscard]] double log(double x);    ///< natural logarithm; REQUIRES: x > 0 and finite
[[nodiscard]] double exp(double x);    ///< clamped to the finite range
[[nodiscard]] double pow(double x, double y);  ///< x > 0
[[nodiscard]] double sqrt(double x);   ///< IEEE square root, exact by the standard

}  // namespace cachebench::det

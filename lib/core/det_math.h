// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Transcendental functions that give the same bits on every x86-64 machine: built from IEEE additions,
/// multiplications and divisions alone, never from libm, whose last digit differs between versions. For
/// generators and for whatever decides; relative error below 1e-14 (pow: while |y·ln x| stays below 20; exp:
/// down to the smallest normal number). Arguments that are not numbers are programmer errors.
namespace cachebench::det {

[[nodiscard]] double log(double x);            ///< natural logarithm; REQUIRES: x > 0 and finite
[[nodiscard]] double exp(double x);            ///< clamped to the finite range
[[nodiscard]] double pow(double x, double y);  ///< x > 0
[[nodiscard]] double sqrt(double x);           ///< IEEE square root, exact by the standard

}  // namespace cachebench::det

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

/// PCI Express links: generation and lanes from a rate or from the kernel's words. Pure functions and values.
namespace cachebench::hardware {

/// Absent where it is not known. Generation and lanes are known together or not at all.
struct Link {
  std::optional<int> generation;
  std::optional<int> lanes;
  bool operator==(const Link&) const = default;
};

/// What sits at the end of a link decides which widths are usual there.
enum class LinkUse : std::uint8_t { kGpu, kDrive };

/// The largest link a chip has, where the chip is known.
struct LinkLimits {
  int generation = 6;
  int lanes = 16;
};

/// GB/s (10⁹ bytes) of one lane, one way, line coding taken off. REQUIRES: 1 ≤ generation ≤ 6.
[[nodiscard]] double lane_gigabytes_per_second(int generation);

/// Which link runs at `gigabytes_per_second` one way: cards have 4, 8 or 16 lanes, drives 4, rarely 2 or 1.
/// Nothing for 0, for a rate no link has, and where two links within `limits` share the rate.
[[nodiscard]] Link decode_link(double gigabytes_per_second, LinkUse use, const LinkLimits& limits);

/// The generation whose lanes make this many gigatransfers per second (2.5, 5, 8, 16, 32, 64).
[[nodiscard]] std::optional<int> generation_of(double gigatransfers_per_second);

}  // namespace cachebench::hardware

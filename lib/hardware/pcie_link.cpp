// SPDX-License-Identifier: Apache-2.0
#include "hardware/pcie_link.h"

#include <array>
#include <cmath>
#include <span>

#include "core/check.h"

namespace cachebench::hardware {
namespace {

constexpr std::array<double, 6> kTransfers{2.5, 5, 8, 16, 32, 64};  // GT/s per lane
// Generation 1 x16 (4.00 GB/s) and 3 x4 (3.94) are 1.6 % apart.
constexpr double kTolerance = 0.005;

constexpr std::array<int, 3> kCardWidths{16, 8, 4};
constexpr std::array<int, 1> kDriveWidths{4};
constexpr std::array<int, 2> kNarrowDriveWidths{2, 1};

// How many links of these widths run at the rate; the last one found is in `link`.
int candidates(double rate, std::span<const int> widths, const LinkLimits& limits, Link& link) {
  int found = 0;
  for (int generation = 1; generation <= limits.generation; ++generation) {
    for (const int lanes : widths) {
      const double wanted = lane_gigabytes_per_second(generation) * lanes;
      if (lanes > limits.lanes || std::fabs(rate - wanted) > wanted * kTolerance) continue;
      link = {.generation = generation, .lanes = lanes};
      ++found;
    }
  }
  return found;
}

}  // namespace

double lane_gigabytes_per_second(int generation) {
  CACHEBENCH_CHECK(generation >= 1 && generation <= 6, "generation {}", generation);
  const double transfers = kTransfers[static_cast<std::size_t>(generation - 1)];
  return generation <= 2 ? transfers * 8 / 10 / 8 : transfers * 128 / 130 / 8;
}

Link decode_link(double gigabytes_per_second, LinkUse use, const LinkLimits& limits) {
  if (!std::isfinite(gigabytes_per_second) || gigabytes_per_second <= 0) return {};
  const bool is_card = use == LinkUse::kGpu;
  Link link;
  int found = candidates(gigabytes_per_second, is_card ? std::span<const int>(kCardWidths) : kDriveWidths,
                         limits, link);
  if (found == 0 && !is_card) found = candidates(gigabytes_per_second, kNarrowDriveWidths, limits, link);
  return found == 1 ? link : Link{};
}

std::optional<int> generation_of(double gigatransfers_per_second) {
  for (std::size_t i = 0; i < kTransfers.size(); ++i) {
    if (std::fabs(gigatransfers_per_second - kTransfers[i]) < 0.1) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

}  // namespace cachebench::hardware

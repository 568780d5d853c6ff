// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/hamming_scan.h"

#include <doctest/doctest.h>

#include "core/hamming.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

std::vector<ScanKernel> supported_kernels() {
  std::vector<ScanKernel> kernels;
  for (const ScanKernel kernel : {ScanKernel::kPortable, ScanKernel::kPopcnt, ScanKernel::kAvx2}) {
    if (is_supported(kernel)) kernels.push_back(kernel);
  }
  return kernels;
}

}  // namespace

TEST_CASE("the portable kernel is always there, and the best one is supported") {
  CHECK(is_supported(ScanKernel::kPortable));
  CHECK(is_supported(best_scan_kernel()));
}

TEST_CASE("every kernel finds what counting finds, at every length and distance") {
  Rng rng(1);
  const std::uint64_t query = rng.next();
  for (std::size_t length = 0; length < 40; ++length) {
    std::vector<std::uint64_t> codes;
    for (std::size_t i = 0; i < length; ++i) {
      // Flip up to as many bits as there are, so that every distance occurs.
      std::uint64_t code = query;
      for (std::uint64_t flips = rng.below(90); flips > 0; --flips) code ^= std::uint64_t{1} << rng.below(64);
      codes.push_back(i % 7 == 0 ? query : i % 11 == 0 ? ~query : code);
    }
    for (const int distance : {0, 1, 8, 31, 32, 63, 64}) {
      std::vector<std::uint32_t> expected{77};  // what is there already stays
      for (std::uint32_t i = 0; i < length; ++i) {
        if (hamming_distance(codes[i], query) <= distance) expected.push_back(i);
      }
      for (const ScanKernel kernel : supported_kernels()) {
        std::vector<std::uint32_t> positions{77};
        scan_within(codes, query, distance, positions, kernel);
        CHECK(positions == expected);
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "hardware/pcie_link.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace cachebench::hardware;

namespace {

const Link kNothing{};

Link link(int generation, int lanes) {
  return {.generation = generation, .lanes = lanes};
}

}  // namespace

TEST_CASE("lane rates double with each generation") {
  CHECK(lane_gigabytes_per_second(1) == doctest::Approx(0.25));
  CHECK(lane_gigabytes_per_second(2) == doctest::Approx(0.5));
  CHECK(lane_gigabytes_per_second(3) == doctest::Approx(0.984615));
  for (int generation = 4; generation <= 6; ++generation) {
    CHECK(lane_gigabytes_per_second(generation) == 2 * lane_gigabytes_per_second(generation - 1));
  }
}

TEST_CASE("links are told from their rate") {
  CHECK(decode_link(3.938462, LinkUse::kGpu, {}) == link(3, 4));
  CHECK(decode_link(3.938462, LinkUse::kDrive, {}) == link(3, 4));
  CHECK(decode_link(4.0, LinkUse::kGpu, {.generation = 3, .lanes = 4}) == kNothing);
  CHECK(decode_link(1.0, LinkUse::kGpu, {.generation = 3, .lanes = 4}) == link(1, 4));  // idling
  CHECK(decode_link(63.015385, LinkUse::kGpu, {.generation = 5}) == link(5, 16));
  CHECK(decode_link(7.876923, LinkUse::kDrive, {}) == link(4, 4));
  CHECK(decode_link(0.984615, LinkUse::kDrive, {}) == link(3, 1));
}

TEST_CASE("a rate two links share is decided by the chip's limits, or not at all") {
  CHECK(decode_link(15.753846, LinkUse::kGpu, {}) == kNothing);
  CHECK(decode_link(15.753846, LinkUse::kGpu, {.generation = 3}) == link(3, 16));
  CHECK(decode_link(2.0, LinkUse::kGpu, {.generation = 3}) == kNothing);
  CHECK(decode_link(2.0, LinkUse::kGpu, {.generation = 3, .lanes = 4}) == link(2, 4));
}

TEST_CASE("no rate, no link") {
  for (const double rate : {0.0, -1.0, 3.5, 1e9, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK(decode_link(rate, LinkUse::kGpu, {}) == kNothing);
    CHECK(decode_link(rate, LinkUse::kDrive, {}) == kNothing);
  }
}

TEST_CASE("every link within a chip's limits decodes to itself or to nothing") {
  for (int generation = 1; generation <= 6; ++generation) {
    for (const int lanes : {4, 8, 16}) {
      const double rate = lane_gigabytes_per_second(generation) * lanes;
      const Link found = decode_link(rate, LinkUse::kGpu, {});
      CHECK((found == kNothing || found == link(generation, lanes)));
      CHECK(decode_link(rate, LinkUse::kGpu, {.generation = generation, .lanes = lanes})
                .lanes.value_or(lanes) == lanes);
    }
  }
}

TEST_CASE("generations have their transfer rates") {
  CHECK(generation_of(2.5) == 1);
  CHECK(generation_of(8.0) == 3);
  CHECK(generation_of(64) == 6);
  CHECK_FALSE(generation_of(0).has_value());
  CHECK_FALSE(generation_of(7).has_value());
}

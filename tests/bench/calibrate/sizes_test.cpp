// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/sizes.h"

#include <doctest/doctest.h>

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("a size is named by the largest unit that it fills") {
  CHECK(size_name(Bytes{4096}) == "4KiB");
  CHECK(size_name(Bytes{512 * 1024}) == "512KiB");
  CHECK(size_name(kMiB * 16) == "16MiB");
}

TEST_CASE("what is beyond the bytes is the middle of the sizes, with the spread of the whole operation") {
  const auto took = [](double median) {
    return Spread{.median = median, .interquartile = median / 10, .repetitions = 5};
  };
  // A nanosecond a byte: 100, 300 and 50 beyond.
  const auto middle =
      middle_beyond({{Bytes{4096}, took(4196)}, {Bytes{8192}, took(8492)}, {Bytes{16384}, took(16434)}}, 1e9);
  REQUIRE(middle);
  CHECK(middle->nanoseconds == 100);
  CHECK(middle->spread.median == 4196);
  CHECK(middle->spread.relative() == doctest::Approx(0.1));
  CHECK(!middle_beyond({}, 1e9));
}

TEST_CASE("an operation faster than the rate is not faster than none") {
  const auto middle =
      middle_beyond({{Bytes{4096}, {.median = 1000, .interquartile = 10, .repetitions = 5}}}, 1e9);
  REQUIRE(middle);
  CHECK(middle->nanoseconds == 0);
  CHECK(middle->spread.relative() == doctest::Approx(0.01));
}

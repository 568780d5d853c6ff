// SPDX-License-Identifier: Apache-2.0
#include "image/decode_error.h"

#include <doctest/doctest.h>

#include "image/samples.h"

using namespace cachebench;
using namespace cachebench::image;

TEST_CASE("a refusal is one line of input's kind, whatever the reason holds") {
  const Error error = decode_error("a.png", "two\nlines\r\nof it");
  CHECK(error.kind() == ErrorKind::kInput);
  CHECK(std::string(error.what()) == "a.png: two lines  of it");
}

TEST_CASE("sizes at, above and below the limits") {
  const DecodeLimits limits{.max_pixels = 12};
  CHECK_NOTHROW(check_size("a", {3, 4}, limits));
  CHECK_THROWS_AS(check_size("a", {13, 1}, limits), Error);
  CHECK_THROWS_AS(check_size("a", {0, 5}, limits), Error);
  CHECK_THROWS_AS(check_size("a", {5, 0}, limits), Error);
  CHECK_THROWS_AS(check_size("a", {0xFFFFFFFF, 0xFFFFFFFF}, limits), Error);
}

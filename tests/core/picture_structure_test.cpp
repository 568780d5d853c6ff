// SPDX-License-Identifier: Apache-2.0
#include "core/picture_structure.h"

#include <doctest/doctest.h>

using namespace cachebench;

TEST_CASE("a quarter of the bits is structure, one less is none") {
  CHECK_FALSE(has_structure(FineCode{}));
  CHECK_FALSE(has_structure(FineCode{UINT64_MAX >> 1, 0, 0, 0}));
  CHECK(has_structure(FineCode{0xFFFF'FFFF, 0, 0xFFFF'FFFF, 0}));
}

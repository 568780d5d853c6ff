// SPDX-License-Identifier: Apache-2.0
#include "hardware/gpu_names.h"

#include <doctest/doctest.h>

#include "hardware/gpu_ids.h"

using namespace cachebench::hardware;

TEST_CASE("cards are named by their id") {
  CHECK(card_name_of_id(0x1d13) == "GeForce MX250");
  CHECK(card_name_of_id(0x1c8f) == "GeForce GTX 1050 Ti Max-Q");
  CHECK(card_name_of_id(0x1b02) == "TITAN Xp");
  CHECK(card_name_of_id(0x1b38) == "Tesla P40");
  CHECK(card_name_of_id(0x2b85) == "GeForce RTX 5090");
  CHECK(card_name_of_id(0x134b) == "GeForce 940MX");     // the first row
  CHECK(card_name_of_id(0x2f04) == "GeForce RTX 5070");  // the last one
}

TEST_CASE("an id without a name has none") {
  CHECK(card_name_of_id(0x0000).empty());
  CHECK(card_name_of_id(0x1d14).empty());
  CHECK(card_name_of_id(0xffff).empty());
}

TEST_CASE("every card with a name has a chip") {
  int named = 0;
  for (int id = 0; id <= 0xffff; ++id) {
    const auto device = static_cast<std::uint16_t>(id);
    if (card_name_of_id(device).empty()) continue;
    ++named;
    INFO(id);
    CHECK(chip_of_id(device).has_value());
  }
  CHECK(named > 100);
}

// SPDX-License-Identifier: Apache-2.0
#include "hardware/gpu_ids.h"

#include <doctest/doctest.h>

#include <string>

using namespace cachebench::hardware;

namespace {

std::string capability_of(std::uint16_t device) {
  const auto chip = chip_of_id(device);
  return chip ? chip->compute_capability : "";
}

}  // namespace

TEST_CASE("cards of compute capability 6.1 are known by their id") {
  // MX150 (three of them), MX230, MX250 (two), MX330 (two), MX350 (two), GTX 1050 mobile and Max-Q, P500,
  // P520.
  for (const int id : {0x1d10, 0x1d12, 0x1c90, 0x1d11, 0x1d13, 0x1d52, 0x1d16, 0x1d56, 0x1c94, 0x1c96, 0x1c8d,
                       0x1c92, 0x1c8f, 0x1d33, 0x1d34}) {
    INFO(id);
    CHECK(capability_of(static_cast<std::uint16_t>(id)) == "6.1");
  }
  CHECK(capability_of(0x1b06) == "6.1");  // GTX 1080 Ti
}

TEST_CASE("cards that only look alike are not") {
  CHECK(capability_of(0x174e) == "5.0");  // MX110
  CHECK(capability_of(0x174d) == "5.0");  // MX130
  CHECK(capability_of(0x134b) == "5.0");  // 940MX
  CHECK(capability_of(0x179c) == "5.0");  // 940MX on another chip
  CHECK(capability_of(0x1f97) == "7.5");  // MX450
  CHECK(capability_of(0x15f8) == "6.0");  // P100
  CHECK(capability_of(0x1db6) == "7.0");  // V100
}

TEST_CASE("larger cards") {
  CHECK(capability_of(0x20b5) == "8.0");
  CHECK(capability_of(0x2204) == "8.6");
  CHECK(capability_of(0x2684) == "8.9");
  CHECK(capability_of(0x2330) == "9.0");
  CHECK(capability_of(0x2335) == "9.0");  // H200
}

TEST_CASE("cards of every generation, by id alone") {
  struct Row {
    int id;
    const char* capability;
  };
  constexpr Row kRows[] = {{0x1c81, "6.1"},  {0x1c82, "6.1"},  {0x1c03, "6.1"},
                           {0x1b80, "6.1"},  {0x1b02, "6.1"},  // GTX 10, Titan Xp
                           {0x1b38, "6.1"},  {0x1bb3, "6.1"},  {0x1cb3, "6.1"},
                           {0x1c30, "6.1"},  {0x1b30, "6.1"},                    // P40, P4, Quadro P
                           {0x1f82, "7.5"},  {0x1f0a, "7.5"},  {0x2188, "7.5"},  // three GTX 1650
                           {0x2582, "8.6"},  {0x25a2, "8.6"},  {0x2507, "8.6"},
                           {0x2684, "8.9"},  {0x2882, "8.9"},  // RTX 30, 40
                           {0x2331, "9.0"},  {0x2335, "9.0"},  {0x233b, "9.0"},
                           {0x2901, "10.0"}, {0x29bc, "10.0"}, {0x2b85, "12.0"},
                           {0x2c02, "12.0"}, {0x2d04, "12.0"}, {0x2f04, "12.0"}};
  for (const Row& row : kRows) {
    INFO(row.id);
    CHECK(capability_of(static_cast<std::uint16_t>(row.id)) == row.capability);
  }
}

TEST_CASE("what is not in the table is not guessed") {
  CHECK(capability_of(0x1d14).empty());  // between two cards of one chip
  CHECK(capability_of(0x3000).empty());  // a chip whose capability is not public
  CHECK(capability_of(0x0000).empty());
  CHECK(capability_of(0x10f0).empty());  // an audio function
  CHECK(capability_of(0xffff).empty());
}

TEST_CASE("every id gives one chip at most, with a capability and a link") {
  for (int id = 0; id <= 0xffff; ++id) {
    const auto chip = chip_of_id(static_cast<std::uint16_t>(id));
    if (!chip) continue;
    CHECK(chip->name.size() == 5);
    CHECK(chip->compute_capability.find('.') != std::string::npos);
    CHECK((chip->link.generation >= 3 && chip->link.lanes >= 4));
    CHECK(chip_of_name(chip->name) == chip);
  }
}

TEST_CASE("chips are read off device names") {
  CHECK(chip_of_name("GP108M [GeForce MX250]")->compute_capability == "6.1");
  CHECK(chip_of_name("GP108BM [GeForce MX330]")->name == "GP108");
  CHECK(chip_of_name("GK110BGL [Tesla K40c]")->compute_capability == "3.5");
  CHECK(chip_of_name("TU117M [GeForce MX450]")->compute_capability == "7.5");
  CHECK_FALSE(chip_of_name("").has_value());
  CHECK_FALSE(chip_of_name("GP1").has_value());
  CHECK_FALSE(chip_of_name("CometLake-U GT2 [UHD Graphics]").has_value());
}

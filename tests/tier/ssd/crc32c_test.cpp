// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/crc32c.h"

#include <doctest.h>

#include <string_view>
#include <vector>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Bit by bit, from the definition: reflected Castagnoli polynomial, all ones before and after.
std::uint32_t slow_crc32c(std::span<const std::byte> data) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::byte b : data) {
    crc ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

}  // namespace

TEST_CASE("CRC32C is the standard one") {
  CHECK(crc32c(bytes_of("123456789")) == 0xE3069283U);
  CHECK(crc32c({}) == 0);
  CHECK(crc32c(std::vector<std::byte>(32, std::byte{0})) == 0x8A9136AAU);     // RFC 3720, B.4
  CHECK(crc32c(std::vector<std::byte>(32, std::byte{0xFF})) == 0x62A8AB43U);  // the same
}

TEST_CASE("CRC32C equals the definition, in one piece and in many") {
  Rng rng(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::byte> data(rng.below(5'000));
    for (std::byte& b : data) b = static_cast<std::byte>(rng.below(256));
    const std::uint32_t expected = slow_crc32c(data);
    CHECK(crc32c(data) == expected);
    Crc32c pieces;
    std::span<const std::byte> rest(data);
    while (!rest.empty()) {
      const std::size_t n = 1 + rng.below(rest.size());
      pieces.update(rest.first(n));
      rest = rest.subspan(n);
    }
    CHECK(pieces.value() == expected);
  }
}

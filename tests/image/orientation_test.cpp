// SPDX-License-Identifier: Apache-2.0
#include "image/orientation.h"

#include <doctest/doctest.h>

#include "core/rng.h"
#include "image/samples.h"

using namespace cachebench;
using namespace cachebench::image;
using namespace cachebench::testing;

namespace {

Orientation read(std::string_view tiff) {
  return exif_orientation(std::as_bytes(std::span(tiff)));
}

}  // namespace

TEST_CASE("the tag is read in both byte orders") {
  for (int value = 1; value <= 8; ++value) {
    CHECK(read(exif_of(value, false)) == static_cast<Orientation>(value));
    CHECK(read(exif_of(value, true)) == static_cast<Orientation>(value));
  }
}

TEST_CASE("a tag out of range, of another type, or none is upright") {
  for (const int value : {0, 9, 255, 65535}) CHECK(read(exif_of(value)) == Orientation::kUpright);
  std::string other_type = exif_of(6);
  other_type[12] = 4;
  CHECK(read(other_type) == Orientation::kUpright);
  std::string other_tag = exif_of(6);
  other_tag[10] = 0x13;
  CHECK(read(other_tag) == Orientation::kUpright);
  CHECK(read("") == Orientation::kUpright);
  CHECK(read("XX\x2a") == Orientation::kUpright);
}

TEST_CASE("whatever the bytes, an orientation comes back") {
  for (const bool big_endian : {false, true}) {
    const std::string whole = exif_of(6, big_endian);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const int value = static_cast<int>(read(whole.substr(0, length)));
      CHECK((value == 1 || value == 6));
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(byte);
        const int value = static_cast<int>(read(damaged));
        CHECK((value >= 1 && value <= 8));
      }
    }
  }
}

TEST_CASE("each orientation moves the corners as the standard says") {
  // Stored:  A B C      The letters of the first row and first column of the upright picture.
  //          D E F
  const Rgb letters[6] = {{1, 0, 0}, {2, 0, 0}, {3, 0, 0}, {4, 0, 0}, {5, 0, 0}, {6, 0, 0}};
  const Image stored = paint({3, 2}, [&](std::uint32_t x, std::uint32_t y) { return letters[y * 3 + x]; });
  const auto upright_rows = [&](int value) {
    const Image upright = oriented(stored, static_cast<Orientation>(value));
    CHECK(upright.size() == oriented_size({3, 2}, static_cast<Orientation>(value)));
    std::string text;
    for (std::uint32_t y = 0; y < upright.height(); ++y) {
      for (std::uint32_t x = 0; x < upright.width(); ++x) {
        text += static_cast<char>('A' + upright.at(x, y).red - 1);
      }
      text += '/';
    }
    return text;
  };
  CHECK(upright_rows(1) == "ABC/DEF/");
  CHECK(upright_rows(2) == "CBA/FED/");
  CHECK(upright_rows(3) == "FED/CBA/");
  CHECK(upright_rows(4) == "DEF/ABC/");
  CHECK(upright_rows(5) == "AD/BE/CF/");
  CHECK(upright_rows(6) == "DA/EB/FC/");
  CHECK(upright_rows(7) == "FC/EB/DA/");
  CHECK(upright_rows(8) == "CF/BE/AD/");
}

// SPDX-License-Identifier: Apache-2.0
#include "image/png.h"

#include <doctest/doctest.h>

#include "core/rng.h"
#include "image/samples.h"

using namespace cachebench;
using namespace cachebench::image;
using namespace cachebench::testing;

namespace {

Image read(const std::string& file) {
  return decode_png(source_of(file), {});
}

// The seven passes of Adam7: first column, first row, step across, step down.
constexpr std::uint32_t kPasses[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                         {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

std::string interlaced_rows(const Image& picture) {
  std::string rows;
  for (const auto& [left, top, across, down] : kPasses) {
    if (left >= picture.width()) continue;
    for (std::uint32_t y = top; y < picture.height(); y += down) {
      rows += '\0';
      for (std::uint32_t x = left; x < picture.width(); x += across) {
        const Rgb colour = picture.at(x, y);
        for (const std::uint8_t value : {colour.red, colour.green, colour.blue})
          rows += static_cast<char>(value);
      }
    }
  }
  return rows;
}

std::string text(std::initializer_list<int> bytes) {
  std::string result;
  for (const int byte : bytes) result += static_cast<char>(byte);
  return result;
}

}  // namespace

TEST_CASE("PNG: RGB comes back as it was, interlaced or not") {
  for (const Size size : {Size{1, 1}, Size{3, 5}, Size{8, 8}, Size{21, 13}}) {
    const Image picture = smooth_picture(size);
    CHECK(read(png_of(picture)) == picture);
    const std::string interlaced = png_file(
        {.width = size.width, .height = size.height, .interlace = 1, .rows = interlaced_rows(picture)});
    CHECK(read(interlaced) == picture);
  }
}

TEST_CASE("PNG: grey of 1, 2, 4 and 8 bits takes the whole range") {
  const Image bits =
      read(png_file({.width = 4, .bit_depth = 1, .colour_type = 0, .rows = text({0, 0b01010000})}));
  CHECK(bits.at(0, 0) == Rgb{0, 0, 0});
  CHECK(bits.at(1, 0) == Rgb{255, 255, 255});
  const Image two =
      read(png_file({.width = 4, .bit_depth = 2, .colour_type = 0, .rows = text({0, 0b00011011})}));
  CHECK(two.at(1, 0) == Rgb{85, 85, 85});
  CHECK(two.at(2, 0) == Rgb{170, 170, 170});
  const Image four = read(png_file({.width = 2, .bit_depth = 4, .colour_type = 0, .rows = text({0, 0x3F})}));
  CHECK(four.at(0, 0) == Rgb{51, 51, 51});
  CHECK(four.at(1, 0) == Rgb{255, 255, 255});
  const Image eight = read(png_file({.width = 1, .bit_depth = 8, .colour_type = 0, .rows = text({0, 77})}));
  CHECK(eight.at(0, 0) == Rgb{77, 77, 77});
}

TEST_CASE("PNG: 16 bits become 8") {
  const Image grey = read(
      png_file({.width = 2, .bit_depth = 16, .colour_type = 0, .rows = text({0, 255, 255, 0x80, 0x10})}));
  CHECK(grey.at(0, 0) == Rgb{255, 255, 255});
  CHECK(grey.at(1, 0) == Rgb{0x80, 0x80, 0x80});
  const Image colour = read(png_file({.bit_depth = 16, .rows = text({0, 1, 0, 2, 0, 3, 0})}));
  CHECK(colour.at(0, 0) == Rgb{1, 2, 3});
  // Half transparent black on white.
  const Image alpha =
      read(png_file({.bit_depth = 16, .colour_type = 6, .rows = text({0, 0, 0, 0, 0, 0, 0, 0x80, 0x80})}));
  CHECK(alpha.at(0, 0) == Rgb{127, 127, 127});
}

TEST_CASE("PNG: palettes, with and without transparent entries") {
  const std::string palette = png_chunk("PLTE", text({255, 0, 0, 0, 0, 255}));
  const std::string rows = text({0, 0b01000000});
  const PngSpec spec{.width = 2, .bit_depth = 1, .colour_type = 3, .before_data = palette, .rows = rows};
  const Image plain = read(png_file(spec));
  CHECK(plain.at(0, 0) == Rgb{255, 0, 0});
  CHECK(plain.at(1, 0) == Rgb{0, 0, 255});
  PngSpec transparent = spec;
  transparent.before_data += png_chunk("tRNS", text({0}));
  const Image mixed = read(png_file(transparent));
  CHECK(mixed.at(0, 0) == Rgb{255, 255, 255});
  CHECK(mixed.at(1, 0) == Rgb{0, 0, 255});
  PngSpec missing = spec;
  missing.before_data.clear();
  CHECK(refusal_of(png_file(missing)) != "no refusal");
}

TEST_CASE("PNG: alpha is composited on white, rounded to the nearest") {
  for (const int alpha : {0, 1, 64, 127, 128, 200, 254, 255}) {
    for (const int colour : {0, 1, 100, 254, 255}) {
      const Image picture =
          read(png_file({.colour_type = 6, .rows = text({0, colour, 255 - colour, 10, alpha})}));
      const double exact = (colour * alpha + 255.0 * (255 - alpha)) / 255.0;
      CHECK(std::abs(picture.at(0, 0).red - exact) <= 0.5);
      if (alpha == 0) CHECK(picture.at(0, 0) == Rgb{255, 255, 255});
      if (alpha == 255) CHECK(picture.at(0, 0).blue == 10);
      const Image grey = read(png_file({.colour_type = 4, .rows = text({0, colour, alpha})}));
      CHECK(grey.at(0, 0).green == picture.at(0, 0).red);
    }
  }
  // One colour of an RGB picture declared transparent.
  const Image keyed = read(png_file({.width = 2,
                                     .before_data = png_chunk("tRNS", text({0, 9, 0, 8, 0, 7})),
                                     .rows = text({0, 9, 8, 7, 9, 8, 6})}));
  CHECK(keyed.at(0, 0) == Rgb{255, 255, 255});
  CHECK(keyed.at(1, 0) == Rgb{9, 8, 6});
}

TEST_CASE("PNG: EXIF orientation is applied to pixels and to the inspected size") {
  const std::string file = png_file(
      {.width = 2, .before_data = png_chunk("eXIf", exif_of(6, true)), .rows = text({0, 1, 1, 1, 2, 2, 2})});
  const Image picture = read(file);
  CHECK(picture.size() == Size{1, 2});
  CHECK(picture.at(0, 1) == Rgb{2, 2, 2});
  CHECK(inspect_png(source_of(file)) == Size{1, 2});
}

TEST_CASE("PNG: an empty, enormous or impossible header is refused before memory is asked for") {
  CHECK(refusal_of(png_file({.width = 0})).find("PNG") != std::string::npos);
  CHECK(refusal_of(png_file({.height = 0})).find("PNG") != std::string::npos);
  CHECK(refusal_of(png_file({.width = 30'000, .height = 30'000})) ==
        "sample: 30000x30000 pixels are more than the 67108864 that are decoded: scale it down");
  CHECK(refusal_of(png_file({.width = 0x7FFFFFFF, .height = 0x7FFFFFFF})) != "no refusal");
  CHECK(refusal_of(png_file({.width = 0xFFFFFFFF, .height = 1})).find("PNG") != std::string::npos);
  CHECK(inspect_png(source_of(png_file({.width = 30'000, .height = 30'000}))) == Size{30'000, 30'000});
  CHECK(refusal_of(png_of(smooth_picture({4, 4})), {.max_pixels = 15}).find("4x4") != std::string::npos);
  CHECK(refusal_of(png_of(smooth_picture({4, 4})), {.max_pixels = 16}) == "no refusal");
  for (const int depth : {0, 3, 5, 32}) {
    CHECK(refusal_of(png_file({.bit_depth = static_cast<std::uint8_t>(depth)})) != "no refusal");
  }
  for (const int colour : {1, 5, 7}) {
    CHECK(refusal_of(png_file({.colour_type = static_cast<std::uint8_t>(colour)})) != "no refusal");
  }
}

TEST_CASE("PNG: scan lines too few are refused; a chunk that inflates without end is not inflated") {
  CHECK(refusal_of(png_file({.width = 2, .height = 2, .rows = text({0, 1, 2, 3, 4, 5, 6})})) != "no refusal");
  CHECK(refusal_of(png_file({.rows = text({9, 1, 2, 3})})) != "no refusal");  // no such filter
  PngSpec long_text{.rows = text({0, 1, 2, 3})};
  long_text.before_data = png_chunk("tEXt", "k" + std::string(1, '\0') + std::string(9 << 20, 'x'));
  CHECK_NOTHROW((void)refusal_of(png_file(long_text)));
}

TEST_CASE("PNG: cut anywhere, it is refused") {
  const std::string whole = png_of(smooth_picture({9, 7}));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CHECK_MESSAGE(refusal_of(whole.substr(0, length)) != "no refusal", "cut at " << length);
  }
}

TEST_CASE("PNG: any byte changed, it is refused or it is the same picture") {
  const Image picture = smooth_picture({5, 4});
  for (const bool with_exif : {false, true}) {
    std::string whole = png_of(picture);
    if (with_exif) whole.insert(33, png_chunk("eXIf", exif_of(1)));
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int mask : {0x01, 0x20, 0x80, 0xFF}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ mask);
        std::optional<Image> read_back;
        (void)refusal([&] { read_back = decode(source_of(damaged)); });
        // Every byte is under a check sum but the lengths, which then do not fit.
        if (read_back) CHECK_MESSAGE(*read_back == picture, "byte " << at << " ^ " << mask);
      }
    }
  }
}

TEST_CASE("PNG: bytes shuffled, inserted and dropped at random never crash") {
  Rng rng(5);
  const std::string whole = png_of(smooth_picture({6, 6}));
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = whole;
    for (std::uint64_t change = 0; change <= rng.below(4); ++change) {
      const std::size_t at = 8 + rng.below(damaged.size() - 8);
      switch (rng.below(3)) {
        case 0:
          damaged[at] = static_cast<char>(rng.below(256));
          break;
        case 1:
          damaged.erase(at, 1 + rng.below(8));
          break;
        default:
          damaged.insert(at, whole.substr(rng.below(whole.size()), 1 + rng.below(30)));
      }
      if (damaged.size() < 16) break;
    }
    (void)refusal([&] { (void)decode(source_of(damaged)); });
    (void)refusal([&] { (void)inspect(source_of(damaged)); });
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "image/jpeg.h"

#include <doctest/doctest.h>

#include "core/rng.h"
#include "image/orientation.h"
#include "image/samples.h"

using namespace cachebench;
using namespace cachebench::image;
using namespace cachebench::testing;

TEST_CASE("JPEG: colour comes back within the compression's error, baseline or progressive") {
  for (const Size size : {Size{1, 1}, Size{7, 9}, Size{64, 48}, Size{65, 33}}) {
    const Image picture = smooth_picture(size);
    for (const int flags : {TJFLAG_ACCURATEDCT, TJFLAG_ACCURATEDCT | TJFLAG_PROGRESSIVE}) {
      for (const int subsampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_411}) {
        const Image back = decode_jpeg(
            source_of(jpeg_of(picture, {.quality = 98, .subsampling = subsampling, .flags = flags})), {});
        CHECK(largest_difference(picture, back) <= (subsampling == TJSAMP_444 ? 6 : 60));
      }
    }
  }
}

TEST_CASE("JPEG: grey becomes three equal channels") {
  const Image picture = decode_jpeg(
      source_of(jpeg_of(smooth_picture({32, 16}), {.quality = 98, .subsampling = TJSAMP_GRAY})), {});
  for (std::uint32_t x = 0; x < 32; ++x) {
    const Rgb colour = picture.at(x, 8);
    CHECK((colour.red == colour.green && colour.green == colour.blue));
    const int expected = static_cast<int>(luma_thousandths(smooth_picture({32, 16}).at(x, 8)) / 1000);
    CHECK(std::abs(int{colour.red} - expected) <= 3);
  }
}

TEST_CASE("JPEG: CMYK in Adobe's inverted form becomes the colours it prints") {
  // Full ink is 0: cyan ink alone, black ink alone, none.
  const Size size{48, 16};
  std::vector<std::uint8_t> inks;
  for (std::uint32_t i = 0; i < size.pixels(); ++i) {
    const std::uint32_t third = i % 48 / 16;
    inks.insert(inks.end(), {static_cast<std::uint8_t>(third == 0 ? 0 : 255), 255, 255,
                             static_cast<std::uint8_t>(third == 1 ? 0 : 255)});
  }
  const Image picture = decode_jpeg(source_of(jpeg_of(size, inks.data(), TJPF_CMYK, {.quality = 100})), {});
  const auto near = [](Rgb a, Rgb b) {
    return std::abs(a.red - b.red) <= 4 && std::abs(a.green - b.green) <= 4 && std::abs(a.blue - b.blue) <= 4;
  };
  CHECK(near(picture.at(8, 8), {0, 255, 255}));
  CHECK(near(picture.at(24, 8), {0, 0, 0}));
  CHECK(near(picture.at(40, 8), {255, 255, 255}));
}

TEST_CASE("JPEG: EXIF orientation is applied to pixels and to the inspected size") {
  const Image picture = smooth_picture({40, 24});
  const std::string plain = jpeg_of(picture);
  const Image stored = decode_jpeg(source_of(plain), {});
  for (int value = 1; value <= 8; ++value) {
    const std::string file =
        with_segment(plain, jpeg_segment(0xE1, std::string("Exif\0\0", 6) + exif_of(value, value % 2 == 0)));
    const Image upright = decode_jpeg(source_of(file), {});
    CHECK(upright == oriented(stored, static_cast<Orientation>(value)));
    CHECK(inspect_jpeg(source_of(file)) == upright.size());
  }
}

TEST_CASE("JPEG: sizes above the limit are refused before memory is asked for") {
  std::string file = jpeg_of(smooth_picture({16, 16}));
  const std::size_t frame = frame_header_of(file);
  CHECK(refusal_of(file, {.max_pixels = 255}).find("16x16 pixels are more than the 255") !=
        std::string::npos);
  for (std::size_t i = 5; i < 9; ++i) file[frame + i] = '\x75';  // 30069 by 30069
  CHECK(refusal_of(file).find("30069x30069 pixels are more") != std::string::npos);
  CHECK(inspect_jpeg(source_of(file)) == Size{30069, 30069});
}

TEST_CASE("JPEG: cut anywhere, it is refused, though the library would paint the rest grey") {
  for (const int flags : {TJFLAG_ACCURATEDCT, TJFLAG_ACCURATEDCT | TJFLAG_PROGRESSIVE}) {
    const std::string whole = jpeg_of(smooth_picture({24, 24}), {.flags = flags});
    // Without its last marker alone, nothing of the picture is missing, but the file is cut all the same.
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CHECK_MESSAGE(refusal_of(whole.substr(0, length)) != "no refusal", "cut at " << length);
    }
  }
}

TEST_CASE("JPEG: bytes too many before the end marker, or behind it, are not damage") {
  const Image picture = smooth_picture({24, 24});
  const std::string whole = jpeg_of(picture);
  const Image back = decode(source_of(whole));
  std::string padded = whole;
  padded.insert(whole.size() - 2, "pad");
  CHECK(decode(source_of(padded)) == back);
  CHECK(decode(source_of(whole + "a second picture")) == back);
}

TEST_CASE("JPEG: any byte changed, it is refused or has the size that it says") {
  for (const int flags : {TJFLAG_ACCURATEDCT, TJFLAG_ACCURATEDCT | TJFLAG_PROGRESSIVE}) {
    const std::string whole = jpeg_of(smooth_picture({16, 8}), {.subsampling = TJSAMP_420, .flags = flags});
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int mask : {0x01, 0x10, 0x80, 0xFF}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ mask);
        (void)refusal([&] {
          const Image read = decode(source_of(damaged), {.max_pixels = 1 << 20});
          CHECK(read.size() == inspect(source_of(damaged)).size);
        });
      }
    }
  }
}

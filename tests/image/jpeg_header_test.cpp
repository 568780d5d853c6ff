// SPDX-License-Identifier: Apache-2.0
#include "image/jpeg_header.h"

#include <doctest/doctest.h>

#include "image/samples.h"

using namespace cachebench;
using namespace cachebench::image;
using namespace cachebench::testing;

namespace {

JpegHeader read(const std::string& file) {
  return read_jpeg_header(source_of(file));
}

std::string refused(const std::string& file) {
  return refusal([&] { (void)read(file); }).value_or("no refusal");
}

// Precision, height, width, components.
std::string frame(unsigned marker, int precision, int components) {
  std::string body;
  for (const int byte : {precision, 0, 7, 1, 2, components}) body += static_cast<char>(byte);
  return jpeg_segment(marker, body);
}

const std::string kStart = "\xff\xd8";
const std::string kScan = jpeg_segment(0xDA, "...");

}  // namespace

TEST_CASE("the header of a real file") {
  const JpegHeader header = read(jpeg_of(smooth_picture({300, 7})));
  CHECK(header.stored == Size{300, 7});
  CHECK(header.components == 3);
  CHECK(header.orientation == Orientation::kUpright);
  CHECK(read(jpeg_of(smooth_picture({9, 9}), {.subsampling = TJSAMP_GRAY})).components == 1);
}

TEST_CASE("markers before the frame are passed over: fill bytes, lone markers, thumbnails in EXIF") {
  const std::string thumbnail =
      jpeg_segment(0xE1, std::string("Exif\0\0", 6) + exif_of(8) + frame(0xC0, 8, 1));
  const std::string second = jpeg_segment(0xE1, std::string("Exif\0\0", 6) + exif_of(3));
  const std::string other = jpeg_segment(0xE1, "http://ns.adobe.com/xap/1.0/");
  const JpegHeader header = read(kStart + other + thumbnail + second + "\xff\x01" + "\xff\xff" +
                                 frame(0xC2, 8, 3) + jpeg_segment(0xC4, "table") + kScan);
  CHECK(header.stored == Size{258, 7});
  CHECK(header.components == 3);
  CHECK(header.orientation == Orientation::kQuarterTurnLeft);
}

TEST_CASE("what is not read says so") {
  for (const unsigned lossless : {0xC3U, 0xC5U, 0xC7U, 0xCBU, 0xCFU}) {
    CHECK(refused(kStart + frame(lossless, 8, 3) + kScan).find("lossless") != std::string::npos);
  }
  for (const unsigned arithmetic : {0xC1U, 0xC9U, 0xCAU}) {
    CHECK(refused(kStart + frame(arithmetic, 8, 3) + kScan) == "no refusal");
  }
  CHECK(refused(kStart + frame(0xC1, 12, 3) + kScan) == "sample: JPEG of 12 bits is not read, only of 8");
  CHECK(refused(kStart + frame(0xC0, 8, 2) + kScan) == "sample: JPEG of 2 components is not read");
}

TEST_CASE("a broken header says so") {
  CHECK(refused(kStart + kScan) == "sample: broken JPEG: a scan before the frame header");
  CHECK(refused(kStart + frame(0xC0, 8, 3) + frame(0xC0, 8, 3) + kScan).find("two frame") !=
        std::string::npos);
  CHECK(refused(kStart + "\xff\xd9") == "sample: broken JPEG: no picture in it");
  CHECK(refused(kStart + "ab").find("marker is missing") != std::string::npos);
  CHECK(refused(kStart + std::string("\xff\0", 2)).find("marker is missing") != std::string::npos);
  CHECK(refused(kStart + jpeg_segment(0xC0, "\x08") + kScan).find("too short") != std::string::npos);
  CHECK(refused(kStart + std::string("\xff\xe0\0\1", 4)).find("ends within") != std::string::npos);
  const std::string whole = kStart + frame(0xC0, 8, 3) + kScan;
  for (std::size_t length = 2; length < whole.size(); ++length) {
    CHECK(refused(whole.substr(0, length)) == "sample: broken JPEG: it ends within its header");
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "image/decode.h"

#include <doctest/doctest.h>

#include "image/samples.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::image;
using namespace cachebench::testing;

TEST_CASE("the format is told from the content, not from the name") {
  CHECK(detect_format(source_of(png_of(smooth_picture({2, 2})), "a.jpg")) == Format::kPng);
  CHECK(detect_format(source_of(jpeg_of(smooth_picture({2, 2})), "a.png")) == Format::kJpeg);
  CHECK(name_of(Format::kPng) == "PNG");
  CHECK(name_of(Format::kJpeg) == "JPEG");
}

TEST_CASE("other formats are refused by name, unknown ones without") {
  const std::string tiff("MM\0*\0\0\0\x8", 8);
  CHECK(refusal_of(tiff) == "sample: TIFF is not read, only PNG and JPEG: convert it first");
  CHECK(refusal_of("GIF89a").find("GIF") != std::string::npos);
  CHECK(refusal_of(std::string("RIFF\1\2\3\4WEBPVP8 ")).find("WebP") != std::string::npos);
  CHECK(refusal_of(std::string("\0\0\0\x18"
                               "ftypheic",
                               12))
            .find("HEIC") != std::string::npos);
  CHECK(refusal_of("nothing known") == "sample: neither a PNG nor a JPEG file");
  CHECK(refusal_of("") == "sample: the file is empty");
  CHECK(refusal_of("\x89PN") == "sample: neither a PNG nor a JPEG file");
}

TEST_CASE("a file on disk is read whole; a missing one is bad input that names it") {
  const TempDir folder;
  const Image picture = smooth_picture({31, 17});
  write_text(folder / "a.png", png_of(picture));
  CHECK(decode_file(folder / "a.png") == picture);
  const auto missing = refusal([&] { (void)decode_file(folder / "none.png"); });
  REQUIRE(missing);
  CHECK(missing->find("none.png") != std::string::npos);
  CHECK(refusal([&] { (void)decode_file(folder.path().string()); }));
}

TEST_CASE("inspecting and decoding agree on size and format") {
  for (const Size size : {Size{1, 1}, Size{33, 2}, Size{100, 80}}) {
    const ImageInfo png = inspect(source_of(png_of(smooth_picture(size))));
    CHECK(png.format == Format::kPng);
    CHECK(png.size == size);
    const ImageInfo jpeg = inspect(source_of(jpeg_of(smooth_picture(size))));
    CHECK(jpeg.format == Format::kJpeg);
    CHECK(jpeg.size == size);
  }
}

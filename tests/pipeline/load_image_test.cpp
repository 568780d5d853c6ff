// SPDX-License-Identifier: Apache-2.0
#include "pipeline/load_image.h"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>

#include "core/error.h"
#include "image/encode.h"
#include "image/scene.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

std::shared_ptr<const std::vector<std::byte>> jpeg(image::Size size) {
  return std::make_shared<const std::vector<std::byte>>(
      image::encode_jpeg(image::draw_scene({.seed = 4, .size = size}), 90));
}

}  // namespace

TEST_CASE("what is an image and what is not") {
  CHECK(is_image(ImageFilePart{}));
  CHECK(is_image(ImageBytesPart{}));
  CHECK(is_image(PicturePart{}));
  CHECK(is_image(ImageContentPart{}));
  CHECK_FALSE(is_image(TextPart{}));
  CHECK_FALSE(is_image(TokensPart{}));
  CHECK_FALSE(is_image(TextContentPart{}));
}

TEST_CASE("bytes and files are decoded, and their sizes known from bytes alone") {
  const auto bytes = jpeg({48, 32});
  const RequestPart in_memory = ImageBytesPart{.bytes = bytes, .name = "x.jpg"};
  CHECK(expected_size(in_memory) == image::Size{48, 32});
  const auto picture = load_image(in_memory, {});
  CHECK(picture->size() == image::Size{48, 32});

  const testing::TempDir folder;
  const std::string path = folder / "x.jpg";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
  CHECK(*load_image(ImageFilePart{.path = path}, {}) == *picture);
  CHECK(expected_size(ImageFilePart{.path = path}) == image::Size{512, 512});
  CHECK(expected_size(ImageFilePart{.path = path, .expected = {48, 32}}) == image::Size{48, 32});
}

TEST_CASE("a picture is passed on, not copied") {
  const auto picture = std::make_shared<const image::Image>(image::Size{3, 5});
  CHECK(load_image(PicturePart{.picture = picture}, {}) == picture);
  CHECK(expected_size(PicturePart{.picture = picture}) == image::Size{3, 5});
}

TEST_CASE("a picture by key is looked up, else drawn: the same key the same picture") {
  const auto known = std::make_shared<const image::Image>(image::Size{2, 2});
  const ContentSource source = [&](const Key& key, image::Size) {
    return key == Key{7, 7} ? known : nullptr;
  };
  CHECK(load_image(ImageContentPart{.content = {7, 7}, .size = {2, 2}}, source) == known);
  const ImageContentPart drawn{.content = {1, 2}, .size = {40, 30}};
  const auto one = load_image(drawn, source);
  CHECK(one->size() == image::Size{40, 30});
  CHECK(*load_image(drawn, {}) == *one);
  CHECK_FALSE(*load_image(ImageContentPart{.content = {2, 1}, .size = {40, 30}}, {}) == *one);
  CHECK(expected_size(ImageContentPart{}) == image::Size{512, 512});
}

TEST_CASE("what is no picture is an error that names it") {
  const auto garbage = std::make_shared<const std::vector<std::byte>>(100, std::byte{9});
  const auto message = [](const RequestPart& part) {
    try {
      (void)load_image(part, {});
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kInput);
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  CHECK(message(ImageBytesPart{.bytes = garbage, .name = "noise.png"}).starts_with("noise.png"));
  CHECK(message(ImageFilePart{.path = "/no/such/file.png"}).find("file.png") != std::string::npos);
  CHECK(message(ImageBytesPart{}) == "image: no bytes");
  CHECK(message(PicturePart{}) == "image: no picture");
  CHECK_THROWS_AS((void)expected_size(ImageBytesPart{.bytes = garbage}), Error);
  CHECK_THROWS_AS((void)expected_size(PicturePart{}), Error);
  auto cut = *jpeg({64, 64});
  cut.resize(cut.size() / 2);
  CHECK(message(ImageBytesPart{.bytes = std::make_shared<const std::vector<std::byte>>(cut), .name = "cut"})
            .starts_with("cut"));
}

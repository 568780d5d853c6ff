// SPDX-License-Identifier: Apache-2.0
#include "ingest/content_reader.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/error.h"
#include "core/picture_structure.h"
#include "core/simhash.h"
#include "image/encode.h"
#include "image/scene.h"
#include "ingest/ingest_fixtures.h"
#include "support/temp_dir.h"

namespace cachebench::ingest {
namespace {

using testing::data_url;
using testing::png_of;
using testing::sha_of;
using testing::TempDir;

model::Geometry geometry() {
  return model::geometry_named("2b");
}

Part image(const std::string& url) {
  return {.kind = PartKind::kImage, .value = url};
}

TEST_CASE("a text: its hash, its length, its code, and nothing of itself") {
  ContentReader reader({.bytes_per_token = 4}, geometry());
  const auto input = reader.read({.kind = PartKind::kText, .value = "what is in this picture"});
  REQUIRE(input);
  CHECK(input->kind == trace::InputKind::kText);
  CHECK(input->hash == sha_of("what is in this picture"));
  CHECK(input->tokens == 6);  // 23 bytes
  CHECK(input->simhash == simhash("what is in this picture"));
  CHECK_FALSE(reader.read({.kind = PartKind::kText, .value = ""}));
  CHECK(reader.counts().texts == 0);
  reader.commit();
  CHECK(reader.counts().texts == 1);
  CHECK(reader.counts().text_tokens == 6);
}

TEST_CASE("a picture: hash of its bytes, size, visual tokens, code; met again it is not measured again") {
  ContentReader reader({}, geometry());
  const std::string png = png_of(64, 96);
  const auto input = reader.read(image(data_url(png)));
  REQUIRE(input);
  CHECK(input->hash == sha_of(png));
  CHECK(input->width == 64);
  CHECK(input->height == 96);
  CHECK(input->bytes == png.size());
  CHECK(input->phash.has_value() == input->phash_fine.has_value());
  CHECK(reader.read(image(data_url(png))) == input);
  reader.commit();
  CHECK(reader.counts().images == 2);
  CHECK(reader.counts().distinct_images == 1);
  CHECK(reader.counts().visual_tokens == 2 * geometry().grid_of(64, 96).visual_tokens);
}

TEST_CASE("a picture has both codes, one without structure none, and nobody any who does not want them") {
  ContentReader reader({}, geometry());
  const auto url_of = [](const image::Image& picture) {
    const std::vector<std::byte> bytes = image::encode_jpeg(picture, 95);
    return data_url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  const std::string scene = url_of(image::draw_scene({.seed = 5, .size = {320, 240}}));
  const auto input = reader.read(image(scene));
  REQUIRE(input);
  CHECK(input->phash.has_value());
  REQUIRE(input->phash_fine.has_value());
  CHECK(has_structure(*input->phash_fine));
  const auto flat = reader.read(image(url_of(image::Image({64, 64}))));
  REQUIRE(flat);
  CHECK(flat->width == 64);
  CHECK_FALSE(flat->phash.has_value());
  CHECK_FALSE(flat->phash_fine.has_value());
  ContentReader plain({.codes = false}, geometry());
  CHECK_FALSE(plain.read(image(scene))->phash.has_value());
}

TEST_CASE("what lies elsewhere is known by its URL, which is hashed too") {
  ContentReader reader({}, geometry());
  const std::string url = "https://example.org/a.png?token=secret";
  const auto input = reader.read(image(url));
  REQUIRE(input);
  CHECK(input->hash == "url:" + sha_of(url));
  CHECK_FALSE(input->width);
  CHECK(reader.read({.kind = PartKind::kVideo, .value = "s3://bucket/v.mp4"})->kind ==
        trace::InputKind::kVideo);
  reader.commit();
  CHECK(reader.counts().remote == 2);
}

TEST_CASE("formats whose size is not read are taken without one") {
  ContentReader reader({}, geometry());
  const auto input = reader.read(image(data_url("GIF89a..........", "image/gif")));
  REQUIRE(input);
  CHECK_FALSE(input->width);
  reader.commit();
  CHECK(reader.counts().unsized == 1);
}

TEST_CASE("files are read inside the folder alone") {
  const TempDir folder;
  const std::string png = png_of(32, 32);
  testing::write_text(folder.path() / "in" / "a.png", png);
  testing::write_text(folder.path() / "outside.png", png);
  std::filesystem::create_symlink(folder.path() / "outside.png", folder.path() / "in" / "link.png");
  ContentReader reader({.content = folder / "in"}, geometry());
  CHECK(reader.read(image("a.png"))->hash == sha_of(png));
  CHECK(reader.read(image("./a.png"))->hash == sha_of(png));
  CHECK(reader.read(image("file://" + (folder / "in/a.png")))->hash == sha_of(png));
  for (const std::string& name :
       {std::string("../outside.png"), folder / "outside.png", std::string("link.png"),
        std::string("none.png"), std::string("."), std::string("/etc/passwd"), std::string("a.png\0x", 7),
        std::string(100'000, 'a')}) {
    CAPTURE(name.substr(0, 50));
    CHECK_THROWS_AS((void)reader.read(image(name)), Error);
  }
  ContentReader without({}, geometry());
  CHECK_THROWS_WITH_AS((void)without.read(image("a.png")),
                       "file 'a.png' is named: say where with --content DIR", Error);
  CHECK_THROWS_AS(ContentReader({.content = folder / "none"}, geometry()), Error);
}

TEST_CASE("broken content is refused, and what belongs to a refused request is not counted") {
  ContentReader reader({}, geometry());
  const std::string png = png_of(64, 96);
  for (const std::string& url :
       {std::string("data:"), std::string("data:image/png,x"), std::string("data:image/png;base64,"),
        std::string("data:image/png;base64,###"), data_url(png.substr(0, 20)), data_url(png.substr(0, 200)),
        data_url(png_of(1, 300))}) {
    CAPTURE(url.substr(0, 60));
    CHECK_THROWS_AS((void)reader.read(image(url)), Error);
  }
  CHECK_THROWS_AS((void)reader.read({.kind = PartKind::kAudio, .value = ""}), Error);
  reader.drop();
  reader.commit();
  CHECK(reader.counts().images == 0);
  CHECK(reader.counts().audios == 0);
}

TEST_CASE("contents are kept only where a folder is named, once each, by their hash") {
  const TempDir folder;
  const std::string keep = folder / "kept";
  ContentReader reader({.keep_content = keep}, geometry());
  const std::string png = png_of(32, 32);
  (void)reader.read(image(data_url(png)));
  (void)reader.read(image(data_url(png)));
  (void)reader.read({.kind = PartKind::kText, .value = "hello"});
  CHECK(std::filesystem::is_empty(keep));
  reader.commit();
  CHECK(reader.counts().kept_files == 2);
  CHECK(testing::read_text(std::filesystem::path(keep) / (sha_of(png) + ".png")) == png);
  CHECK(testing::read_text(std::filesystem::path(keep) / (sha_of("hello") + ".txt")) == "hello");
  (void)reader.read({.kind = PartKind::kText, .value = "dropped"});
  reader.drop();
  reader.commit();
  CHECK(reader.counts().kept_files == 2);
}

TEST_CASE("a picture of 30,000 by 30,000 is sized and not decoded") {
  ContentReader reader({}, geometry());
  const std::string png =
      testing::png_file({.width = 30'000, .height = 30'000, .before_data = {}, .rows = "never read"});
  const auto input = reader.read(image(data_url(png)));
  REQUIRE(input);
  CHECK(input->width == 30'000);
  CHECK_FALSE(input->phash);
  const std::string wide =
      testing::png_file({.width = 1'048'577, .height = 1'048'577, .before_data = {}, .rows = "never read"});
  CHECK_THROWS_AS((void)reader.read(image(data_url(wide))), Error);
}

}  // namespace
}  // namespace cachebench::ingest

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/hash.h"
#include "support/command.h"
#include "support/png_writer.h"
#include "support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
namespace testing = cachebench::testing;
using testing::CommandResult;
using testing::TempDir;

// A slope from dark to bright, across or down.
std::string slope(std::uint32_t width, std::uint32_t height, bool down) {
  std::string rgb;
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      rgb += std::string(3, static_cast<char>(down ? y * 255 / height : x * 255 / width));
    }
  }
  return testing::png_of_rgb(width, height, rgb);
}

void check_refused(const CommandResult& result, const std::string& word) {
  CHECK(result.exit_code == 3);
  CHECK(result.out.empty());
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK_MESSAGE(result.err.find(word) != std::string::npos, result.err);
}

}  // namespace

TEST_CASE("hash --pairs --json gives an item for each file and every two of them") {
  const TempDir folder;
  testing::write_text(folder / "a.png", slope(640, 427, false));
  testing::write_text(folder / "b.png", slope(320, 214, false));
  testing::write_text(folder / "c.png", slope(1, 1, true));
  const CommandResult result = testing::cachebench(
      {"hash", folder / "a.png", folder / "b.png", folder / "c.png", "--pairs", "--json"});
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.empty());
  const auto out = nlohmann::json::parse(result.out);
  REQUIRE(out["items"].size() == 3);
  const auto& first = out["items"][0];
  CHECK(first["file"] == folder / "a.png");
  CHECK(first["sha256"] == cachebench::sha256_of_file(folder / "a.png"));
  CHECK(first["phash"].get<std::string>().size() == 16);
  CHECK(first["width"] == 640);
  CHECK(first["height"] == 427);
  CHECK(first["visual_tokens"] == 260);
  CHECK(first["bytes"] == fs::file_size(folder / "a.png"));
  CHECK(out["items"][2]["visual_tokens"] == 64);
  REQUIRE(out["pairs"].size() == 3);
  CHECK(out["pairs"][0]["a"] == folder / "a.png");
  CHECK(out["pairs"][0]["b"] == folder / "b.png");
  // The same slope in another size; a flat pixel is far from it.
  CHECK(out["pairs"][0]["hamming"].get<int>() <= 8);
  CHECK(out["pairs"][0]["similarity"].get<double>() == 1 - out["pairs"][0]["hamming"].get<int>() / 64.0);
  CHECK(out["pairs"][1]["hamming"].get<int>() <= 64);
  CHECK(out["pairs"][0]["fine_hamming"].get<int>() <= 256);
  // A flat pixel and a slope have too little structure to be told apart, or to be called copies.
  CHECK(out["pairs"][1]["look"] == "unsure");
  CHECK(out["default_threshold"]["bits"] == 6);
  CHECK(out["default_threshold"]["fine_bits"] == 10);
  for (const auto& pair : out["pairs"]) {
    CHECK(pair["within_default_threshold"].get<bool>() == (pair["hamming"].get<int>() <= 6));
    CHECK(pair["second_look_accepts"] == false);  // there is nothing in them to tell them by
  }
  for (const auto& item : out["items"]) CHECK(item["has_structure"] == false);
}

TEST_CASE("hash --pairs tells copies from what only looks alike") {
  const TempDir folder;
  // A slope, the same in another file, and the same with a pattern too fine for the coarse hash.
  std::string marked;
  std::string plain;
  for (std::uint32_t y = 0; y < 128; ++y) {
    for (std::uint32_t x = 0; x < 128; ++x) {
      const auto shade = static_cast<int>(x + y) * 3 / 4;
      const int mark = x / 6 % 2 == y / 6 % 2 ? 12 : -12;
      plain += std::string(3, static_cast<char>(shade + 20));
      marked += std::string(3, static_cast<char>(shade + 20 + mark));
    }
  }
  testing::write_text(folder / "a.png", testing::png_of_rgb(128, 128, plain));
  testing::write_text(folder / "b.png", testing::png_of_rgb(128, 128, plain));
  testing::write_text(folder / "c.png", testing::png_of_rgb(128, 128, marked));
  const CommandResult result = testing::cachebench(
      {"hash", folder / "a.png", folder / "b.png", folder / "c.png", "--pairs", "--json"});
  const auto pairs = nlohmann::json::parse(result.out)["pairs"];
  CHECK(pairs[0]["look"] == "same");
  CHECK(pairs[0]["fine_hamming"] == 0);
  CHECK(pairs[1]["look"] == pairs[2]["look"]);
  CHECK(pairs[1]["fine_hamming"].get<int>() > 0);
}

TEST_CASE("hash --study counts on made-up scenes, or on files, and draws a page") {
  const TempDir folder;
  const CommandResult made_up =
      testing::cachebench({"hash", "--study", "--scenes", "3", "--json", "--html", folder / "study.html"});
  REQUIRE(made_up.exit_code == 0);
  const auto study = nlohmann::json::parse(made_up.out);
  CHECK(study["schema"] == "cachebench/similarity-study");
  CHECK(study["pictures"] == 3);
  CHECK(study["chosen"].size() == 2);
  for (const auto& curve : study["curves"]) {
    CHECK(curve["points"].size() == 33);
    std::uint64_t before = 0;
    for (const auto& point : curve["points"]) {
      const auto right = point["plain"]["right"].get<std::uint64_t>();
      CHECK(right >= before);
      CHECK(right <= curve["queries_with_original"].get<std::uint64_t>());
      before = right;
    }
  }
  CHECK(testing::read_text(folder / "study.html").find("data-chart=\"precision\"") != std::string::npos);

  testing::write_text(folder / "a.png", slope(64, 32, false));
  testing::write_text(folder / "b.png", slope(64, 32, true));
  const CommandResult files = testing::cachebench({"hash", "--study", folder / "a.png", folder / "b.png"});
  CHECK(files.exit_code == 0);
  CHECK(files.out.find("2 files") != std::string::npos);
  CHECK(files.out.find("jpeg-50") != std::string::npos);
}

TEST_CASE("hash --study refuses what makes no sense") {
  const TempDir folder;
  testing::write_text(folder / "a.png", slope(64, 32, false));
  CHECK(testing::cachebench({"hash", "--study", folder / "a.png"}).exit_code == 2);
  CHECK(testing::cachebench({"hash", "--study", "--precision", "0"}).exit_code == 2);
  CHECK(testing::cachebench({"hash", "--study", "--precision", "nan"}).exit_code == 2);
  CHECK(testing::cachebench({"hash", "--study", "--confirm", "257"}).exit_code == 2);
  CHECK(testing::cachebench({"hash", "--study", "--scenes", "1"}).exit_code == 2);
  CHECK(testing::cachebench({"hash", "--study", "--pairs"}).exit_code == 2);
  CHECK(testing::cachebench({"hash", "--html", folder / "x.html", folder / "a.png"}).exit_code == 2);
}

TEST_CASE("hash prints a table for people, and pairs only when asked") {
  const TempDir folder;
  testing::write_text(folder / "a.png", slope(64, 32, false));
  const CommandResult plain = testing::cachebench({"hash", folder / "a.png"});
  CHECK(plain.exit_code == 0);
  CHECK(plain.out.find("64x32") != std::string::npos);
  CHECK(plain.out.find("bits apart") == std::string::npos);
  const CommandResult twice = testing::cachebench({"hash", folder / "a.png", folder / "a.png", "--pairs"});
  CHECK(twice.out.find("bits apart") != std::string::npos);
  CHECK(twice.out.find("two views") != std::string::npos);
  CHECK(twice.out.find("No two different files lie within the default threshold") != std::string::npos);
  testing::write_text(folder / "b.png", slope(128, 64, false));
  const CommandResult near = testing::cachebench({"hash", folder / "a.png", folder / "b.png", "--pairs"});
  CHECK(near.out.find("Within the default threshold (0.9, 6 bits)") != std::string::npos);
  CHECK(near.out.find("of 256) refuses") != std::string::npos);
  const CommandResult alone = testing::cachebench({"hash", folder / "a.png", "--json"});
  CHECK(!nlohmann::json::parse(alone.out).contains("pairs"));
}

TEST_CASE("hash refuses what is no picture in one line that names the file") {
  const TempDir folder;
  testing::write_text(folder / "pages.tif", std::string("II*\0\10\0\0\0\0\0", 10));
  check_refused(testing::cachebench({"hash", folder / "pages.tif"}), "pages.tif: TIFF");
  testing::write_text(folder / "empty.png", "");
  check_refused(testing::cachebench({"hash", folder / "empty.png"}), "empty.png");
  check_refused(testing::cachebench({"hash", folder / "none.png", "--json"}), "none.png");
  const std::string whole = slope(64, 32, false);
  testing::write_text(folder / "cut.png", whole.substr(0, whole.size() / 2));
  check_refused(testing::cachebench({"hash", folder / "cut.png"}), "cut.png");
  testing::write_text(folder / "huge.png", testing::png_file({.width = 30'000, .height = 30'000}));
  check_refused(testing::cachebench({"hash", folder / "huge.png"}), "30000x30000");
  testing::write_text(folder / "strip.png", slope(804, 4, false));
  check_refused(testing::cachebench({"hash", folder / "strip.png"}), "strip.png: an image of 804x4");
}

TEST_CASE("hash: a file name that is not UTF-8 still gives a document; no file is a usage error") {
  const TempDir folder;
  testing::write_text(folder / "\xff.png", slope(8, 8, true));
  const CommandResult result = testing::cachebench({"hash", folder / "\xff.png", "--json"});
  CHECK(result.exit_code == 0);
  CHECK(nlohmann::json::accept(result.out));
  CHECK(testing::cachebench({"hash"}).exit_code == 2);
  CHECK(testing::cachebench({"hash", folder / "\xff.png", "--geometry", "3b"}).exit_code == 2);
}

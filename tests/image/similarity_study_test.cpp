// SPDX-License-Identifier: Apache-2.0
#include "image/similarity_study.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "image/decode.h"
#include "image/phash.h"
#include "image/scene.h"
#include "image/transform.h"

using namespace cachebench;
using namespace cachebench::image;

namespace {

const StudyCurve& curve_named(const std::vector<StudyCurve>& curves, const std::string& name) {
  const auto found =
      std::find_if(curves.begin(), curves.end(), [&](const StudyCurve& curve) { return curve.name == name; });
  REQUIRE(found != curves.end());
  return *found;
}

Image scene(std::uint64_t seed, double parallax = 0) {
  return draw_scene({.seed = seed, .size = {320, 240}, .parallax_share = parallax});
}

}  // namespace

TEST_CASE("counts are those of looking each copy up by hand") {
  constexpr std::uint64_t kScenes = 5;
  SimilarityStudy study(10);
  for (std::uint64_t seed = 0; seed < kScenes; ++seed) study.add(scene(seed));
  const auto curves = study.curves();
  CHECK(study.pictures() == kScenes);
  CHECK(curves.size() == labelled_transforms().size() + 1);
  const StudyCurve& crops = curve_named(curves, "crop-3%");
  CHECK(crops.with_original == kScenes);
  CHECK(crops.without_original == kScenes);
  for (const int limit : {0, 4, 6, 12, 32}) {
    Accepted expected;
    for (std::uint64_t seed = 0; seed < kScenes; ++seed) {
      const std::uint64_t copy = phash(crop_borders(scene(seed), 0.03));
      int own = hamming_distance(copy, phash(scene(seed)));
      int other = 65;
      for (std::uint64_t i = 0; i < kScenes; ++i) {
        if (i != seed) other = std::min(other, hamming_distance(copy, phash(scene(i))));
      }
      if (own <= limit && own < other) ++expected.right;
      if (other <= limit) ++expected.wrong;                 // its own left out
      if (other <= limit && other < own) ++expected.wrong;  // its own there
    }
    const StudyPoint& point = crops.points[static_cast<std::size_t>(limit)];
    CHECK(point.plain.right == expected.right);
    CHECK(point.plain.wrong == expected.wrong);
    CHECK(point.confirmed.right <= point.plain.right);
    CHECK(point.confirmed.wrong <= point.plain.wrong);
  }
}

TEST_CASE("another view is never right, and a second look accepts fewer of them than of copies") {
  SimilarityStudy study(10);
  for (std::uint64_t seed = 0; seed < 12; ++seed)
    study.add(scene(seed), {{.name = "view", .picture = scene(seed, 0.02)}});
  const auto curves = study.curves();
  const StudyCurve& views = curve_named(curves, "view");
  CHECK(views.sort == QuerySort::kOtherView);
  CHECK(views.with_original == 0);
  CHECK(views.without_original == 12);
  const StudyPoint& wide = views.points[12];
  CHECK(wide.plain.right == 0);
  CHECK(wide.plain.wrong >= 9);
  CHECK(wide.confirmed.wrong <= 3);
  CHECK(wide.plain.precision() == 0.0);
  CHECK(curve_named(curves, "jpeg-90").points[12].confirmed.right == 12);
  // What is pooled is the sum.
  const StudyPoint& all = curve_named(curves, "all copies and views").points[12];
  const StudyPoint& copies = curve_named(curves, "all copies").points[12];
  CHECK(all.plain.wrong == copies.plain.wrong + wide.plain.wrong);
  CHECK(all.plain.right == copies.plain.right);
}

TEST_CASE("the distance named keeps the precision asked for, as all lower ones do") {
  StudyCurve curve;
  curve.with_original = 10;
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    curve.points[i].plain = {.right = i == 0 ? 0U : 10U, .wrong = i >= 7 ? 1U : 0U};
    curve.points[i].confirmed = {.right = 0, .wrong = i >= 3 ? 1U : 0U};
  }
  CHECK(largest_distance(curve, 0.99, SecondLook::kNo) == 6);
  CHECK(largest_distance(curve, 0.9, SecondLook::kNo) == kMostStudied);
  // Nothing right is accepted anywhere: no distance reaches it.
  CHECK(!largest_distance(curve, 0.99, SecondLook::kYes));
}

TEST_CASE("two equal pictures cannot both be right") {
  SimilarityStudy study(10);
  study.add(scene(1));
  study.add(scene(1));
  const auto curves = study.curves();
  const StudyPoint& point = curve_named(curves, "resize-200%").points[32];
  CHECK(point.plain.right == 1);
  CHECK(point.plain.wrong == 3);
}

TEST_CASE("distinct photographs are told apart where copies of them are found") {
  const std::filesystem::path folder = std::string(CACHEBENCH_SOURCE_DIR) + "/../shared/images";
  if (!std::filesystem::is_directory(folder)) {
    MESSAGE("skipped: no photographs beside the source tree");
    return;
  }
  SimilarityStudy study(10);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".png" || extension == ".jpg") study.add(decode_file(entry.path().string()));
  }
  const auto curves = study.curves();
  const StudyPoint& point = curve_named(curves, "all copies").points[6];
  CHECK(point.plain.wrong == 0);
  const StudyPoint& resized = curve_named(curves, "resize-50%").points[6];
  CHECK(resized.plain.right == study.pictures());
}

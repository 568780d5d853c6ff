// SPDX-License-Identifier: Apache-2.0
#include "image/phash.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numbers>

#include "core/hamming.h"
#include "core/hash.h"
#include "core/rng.h"
#include "image/decode.h"
#include "image/resize.h"
#include "image/samples.h"
#include "image/scene.h"
#include "image/transform.h"

using namespace cachebench;
using namespace cachebench::image;
using namespace cachebench::testing;

namespace {

struct SlowHash {
  std::vector<bool> bits;
  std::vector<bool> certain;  ///< whose coefficient is clearly off the median
};

// The definition, in floating point and term by term.
SlowHash slow_hash(const Image& image, std::uint32_t side, int low) {
  const auto grid = luma_grid(image, {side, side});
  std::vector<double> coefficients;
  for (int v = 0; v < low; ++v) {
    for (int u = 0; u < low; ++u) {
      double sum = 0;
      for (std::uint32_t y = 0; y < side; ++y) {
        for (std::uint32_t x = 0; x < side; ++x) {
          sum += double(grid[y * side + x]) / kLumaGridScale *
                 std::cos(std::numbers::pi * (2 * x + 1) * u / (2 * side)) *
                 std::cos(std::numbers::pi * (2 * y + 1) * v / (2 * side));
        }
      }
      coefficients.push_back(sum);
    }
  }
  auto sorted = coefficients;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  const double median = (sorted[half - 1] + sorted[half]) / 2;
  SlowHash hash;
  for (const double value : coefficients) {
    hash.bits.push_back(value > median);
    hash.certain.push_back(std::abs(value - median) > 0.02);
  }
  return hash;
}

// Bit i of a hash whose first bit is the most significant of its first word.
template <std::size_t kWords>
void check_bits(const std::array<std::uint64_t, kWords>& words, const SlowHash& slow) {
  REQUIRE(slow.bits.size() == 64 * kWords);
  std::size_t certain = 0;
  for (std::size_t i = 0; i < slow.bits.size(); ++i) {
    if (!slow.certain[i]) continue;
    ++certain;
    CHECK((words[i / 64] >> (63 - i % 64) & 1U) == (slow.bits[i] ? 1U : 0U));
  }
  CHECK(certain > slow.bits.size() * 85 / 100);
}

Image blobs(Size size, std::uint64_t seed) {
  Rng rng(seed);
  Image image = paint(size, [](auto, auto) { return Rgb{90, 120, 140}; });
  for (int i = 0; i < 12; ++i) {
    const auto left = static_cast<std::uint32_t>(rng.below(size.width));
    const auto top = static_cast<std::uint32_t>(rng.below(size.height));
    const std::uint32_t right =
        std::min(size.width, left + 1 + static_cast<std::uint32_t>(rng.below(size.width)) / 2);
    const std::uint32_t bottom =
        std::min(size.height, top + 1 + static_cast<std::uint32_t>(rng.below(size.height)) / 2);
    const auto shade = static_cast<std::uint8_t>(rng.below(256));
    for (std::uint32_t y = top; y < bottom; ++y) {
      for (std::uint32_t x = left; x < right; ++x)
        image.set(x, y, {shade, shade, static_cast<std::uint8_t>(255 - shade)});
    }
  }
  return image;
}

}  // namespace

TEST_CASE("the hash is the definition's") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Image image = blobs({40 + static_cast<std::uint32_t>(seed) * 7, 90}, seed);
    check_bits(std::array{phash(image)}, slow_hash(image, 32, 8));
    if (seed % 8 == 0) check_bits(fine_phash(image), slow_hash(image, 64, 16));
  }
}

TEST_CASE("half of the bits are set, but for ties") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) CHECK(std::popcount(phash(blobs({64, 64}, seed))) == 32);
}

TEST_CASE("what cancels in theory sets no bit: flat and one-way pictures") {
  const std::uint64_t constant_alone = std::uint64_t{1} << 63;
  CHECK(phash(Image(Size{50, 50})) == 0);
  CHECK(phash(Image(Size{1, 1})) == 0);
  CHECK(fine_phash(Image(Size{1, 1})) == FineCode{});
  CHECK(phash(paint({97, 31}, [](auto, auto) { return Rgb{255, 255, 255}; })) == constant_alone);
  const Image across = paint({64, 64}, [](std::uint32_t x, auto) {
    return Rgb{static_cast<std::uint8_t>(x * 3), 0, 0};
  });
  CHECK((phash(across) & 0x00FFFFFFFFFFFFFF) == 0);  // only the first row varies across
  const Image down = paint({64, 64}, [](auto, std::uint32_t y) {
    return Rgb{static_cast<std::uint8_t>(y * 3), 0, 0};
  });
  CHECK((phash(down) & 0x7F7F7F7F7F7F7F7F) == 0);
}

TEST_CASE("a known picture has a known hash, worked out elsewhere: the same on every machine") {
  const Image image = paint({100, 60}, [](std::uint32_t x, std::uint32_t y) {
    return Rgb{static_cast<std::uint8_t>(x * x * y % 241), static_cast<std::uint8_t>(x * 3 + y * y),
               static_cast<std::uint8_t>(x * 7 * y)};
  });
  CHECK(to_hex(phash(image)) == "92161f171e1f1736");
}

TEST_CASE("a smaller copy and a JPEG copy stay within a few bits, other pictures do not") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Image image = blobs({256, 192}, seed);
    const std::uint64_t hash = phash(image);
    CHECK(hamming_distance(hash, phash(resize_area(image, {128, 96}))) <= 2);
    CHECK(hamming_distance(hash, phash(decode(source_of(jpeg_of(image, {.quality = 40}))))) <= 4);
    CHECK(hamming_distance(hash, phash(blobs({256, 192}, seed + 100))) > 8);
  }
}

TEST_CASE("the fine hash keeps copies and a second view apart where the coarse one does not") {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Image scene = draw_scene({.seed = seed});
    const FineCode fine = fine_phash(scene);
    CHECK(hamming_distance(fine, fine_phash(recompress(scene, 50))) <= 10);
    CHECK(hamming_distance(fine, fine_phash(resize_area(scene, {320, 240}))) <= 10);
    const Image other_eye = draw_scene({.seed = seed, .parallax_share = 0.02});
    CHECK(hamming_distance(phash(scene), phash(other_eye)) <= 10);
    CHECK(hamming_distance(fine, fine_phash(other_eye)) > 10);
    CHECK(hamming_distance(fine, fine_phash(draw_scene({.seed = seed + 50}))) > 60);
  }
}

TEST_CASE("photographs differ by more than eight bits") {
  const std::filesystem::path folder = std::string(CACHEBENCH_SOURCE_DIR) + "/../shared/images";
  if (!std::filesystem::is_directory(folder)) {
    MESSAGE("skipped: no photographs beside the source tree");
    return;
  }
  std::vector<std::uint64_t> hashes;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".png" || extension == ".jpg")
      hashes.push_back(phash(decode_file(entry.path().string())));
  }
  CHECK(hashes.size() > 1);
  for (std::size_t a = 0; a < hashes.size(); ++a) {
    for (std::size_t b = a + 1; b < hashes.size(); ++b) CHECK(hamming_distance(hashes[a], hashes[b]) > 8);
  }
}

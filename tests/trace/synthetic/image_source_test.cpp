// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/image_source.h"

#include <doctest/doctest.h>

#include <map>

#include "trace/synthetic/statistics.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

constexpr int kDraws = 20'000;

}  // namespace

TEST_CASE("sizes in pixels come with their weights, bytes with the density") {
  ImageSpec spec;
  spec.sizes = {{.width = 512, .height = 512, .weight = 3}, {.width = 640, .height = 480, .weight = 1}};
  spec.bits_per_pixel = 2;
  ContentMint mint(1, "c");
  ImageSource source(spec, mint);
  Rng rng(1);
  int large = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Input image = source.draw(rng, std::nullopt, nullptr);
    const double pixels = static_cast<double>(*image.width) * *image.height;
    REQUIRE(static_cast<double>(*image.bytes) >= pixels / 4 * 0.69);
    REQUIRE(static_cast<double>(*image.bytes) <= pixels / 4 * 1.31);
    large += *image.width == 512 ? 1 : 0;
  }
  CHECK(std::abs(large / static_cast<double>(kDraws) - 0.75) < ks_limit(kDraws));
}

TEST_CASE("shared images follow their popularity and keep their size") {
  ImageSpec spec;
  spec.shared_share = 0.5;
  spec.shared_objects = 10;
  spec.shared_alpha = 1;
  spec.sizes = {{.width = 100, .height = 100, .weight = 1}, {.width = 200, .height = 100, .weight = 1}};
  ContentMint mint(1, "c");
  ImageSource source(spec, mint);
  Rng rng(1);
  std::map<std::string, std::pair<int, Input>> seen;
  for (int i = 0; i < kDraws; ++i) {
    const Input image = source.draw(rng, std::nullopt, nullptr);
    const auto [found, is_new] = seen.try_emplace(image.hash, 0, image);
    ++found->second.first;
    REQUIRE(found->second.second == image);
  }
  int repeated = 0;
  int most = 0;
  int shared = 0;
  for (const auto& [hash, entry] : seen) {
    if (entry.first == 1) continue;
    ++repeated;
    shared += entry.first;
    most = std::max(most, entry.first);
  }
  CHECK(repeated == 10);
  CHECK(std::abs(shared / static_cast<double>(kDraws) - 0.5) < ks_limit(kDraws));
  CHECK(std::abs(most / static_cast<double>(shared) - 1 / 2.92897) < ks_limit(kDraws / 2));
}

TEST_CASE("tokens keep their distribution though a catalogue is shared") {
  ImageSpec spec;
  spec.shared_share = 0.9;
  spec.shared_objects = 3;
  spec.shared_alpha = 2;
  ContentMint mint(1, "c");
  ImageSource source(spec, mint);
  Rng rng(1);
  const std::optional<Distribution> tokens = Distribution::histogram({{10, 0.3}, {500, 0.5}, {1196, 0.2}});
  std::vector<std::uint64_t> drawn;
  for (int i = 0; i < kDraws; ++i) drawn.push_back(*source.draw(rng, tokens, nullptr).tokens);
  CHECK(ks_distance(drawn, {{10, 0.3}, {500, 0.5}, {1196, 0.2}}) < ks_limit(kDraws));
}

TEST_CASE("near-duplicates need something they can resemble") {
  ImageSpec spec;
  spec.near_share = 1;
  spec.near_max_bits = 2;
  ContentMint mint(1, "c");
  ImageSource source(spec, mint);
  Rng rng(1);
  const Input first = source.draw(rng, std::nullopt, nullptr);
  const Input second = source.draw(rng, std::nullopt, &first);
  const int bits = std::popcount(*first.phash ^ *second.phash);
  CHECK(bits >= 1);
  CHECK(bits <= 2);
  CHECK(source.spec().near_max_bits == 2);
}

// SPDX-License-Identifier: Apache-2.0
#include "model/geometry.h"

#include <doctest.h>

#include <cmath>
#include <string>

#include "core/error.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::model;

namespace {

const Geometry& two_b() {
  static const Geometry geometry = geometry_named("2b");
  return geometry;
}

struct Row {
  std::uint32_t width, height;
  std::uint32_t resized_width, resized_height;
  std::uint64_t grid_width, grid_height;
  std::uint64_t visual_tokens, advance;
  double embedding_mib, output_mib, kv_mib;
  double vision_gflop;
  int attention_percent;
  double prefill_gflop;
};

// The resize rule as a person would write it, in floating point throughout.
ImageGrid slow_grid(const Geometry& geometry, double width, double height) {
  const double f = geometry.vision().patch * geometry.vision().merge;
  const auto low = static_cast<double>(geometry.vision().min_pixels);
  const auto high = static_cast<double>(geometry.vision().max_pixels);
  double w = std::nearbyint(width / f) * f;
  double h = std::nearbyint(height / f) * f;
  if (w * h > high) {
    const double b = std::sqrt(width * height / high);
    w = std::max(f, std::floor(width / b / f) * f);
    h = std::max(f, std::floor(height / b / f) * f);
  } else if (w * h < low) {
    const double b = std::sqrt(low / (width * height));
    w = std::ceil(width * b / f) * f;
    h = std::ceil(height * b / f) * f;
  }
  ImageGrid grid;
  grid.width = static_cast<std::uint32_t>(w);
  grid.height = static_cast<std::uint32_t>(h);
  grid.patches = static_cast<std::uint64_t>(w * h / 256);
  grid.visual_tokens = static_cast<std::uint64_t>(w * h / 1024);
  grid.position_advance = static_cast<std::uint64_t>(std::max(w, h) / 32);
  return grid;
}

}  // namespace

TEST_CASE("parameters of the 2b model add up to its published file") {
  const Geometry& g = two_b();
  CHECK(g.patch_embedding_parameters() == 1'573'888);
  CHECK(g.vision_block_parameters() == 12'596'224);
  CHECK(g.main_merger_parameters() == 25'174'016);
  CHECK(g.deepstack_merger_parameters() == 25'180'160);
  CHECK(g.vision_parameters() == 406'957'056);
  CHECK(g.decoder_layer_parameters() == 50'336'000);
  CHECK(g.text_parameters() == 1'720'574'976);
  CHECK(g.parameters() == 2'127'532'032);
  CHECK(g.parameters() * size_of(g.dtype()) == 4'255'064'064);
}

TEST_CASE("worked images of the 2b model") {
  const Row rows[] = {
      {100, 100, 256, 256, 16, 16, 64, 8, 0.25, 1, 7, 174.8, 4, 180.9},
      {224, 224, 256, 256, 16, 16, 64, 8, 0.25, 1, 7, 174.8, 4, 180.9},
      {512, 512, 512, 512, 32, 32, 256, 16, 1, 4, 28, 776.3, 13, 729.1},
      {640, 480, 640, 480, 40, 30, 300, 20, 1.17, 4.69, 32.8, 930.5, 15, 855.9},
      {1024, 768, 1024, 768, 64, 48, 768, 32, 3, 12, 84, 2947, 31, 2232},
      {1280, 720, 1280, 704, 80, 44, 880, 40, 3.44, 13.75, 96.3, 3532, 34, 2569},
      {1920, 1080, 1920, 1088, 120, 68, 2040, 60, 7.97, 31.9, 223, 11911, 55, 6227},
      {3840, 2160, 3840, 2176, 240, 136, 8160, 120, 31.9, 127.5, 892, 126190, 83, 30637},
      {8000, 6000, 4704, 3520, 294, 220, 16170, 147, 63.2, 252.7, 1769, 453779, 91, 75566},
  };
  const Geometry& g = two_b();
  constexpr double kMib = 1024.0 * 1024.0;
  for (const Row& row : rows) {
    CAPTURE(row.width);
    CAPTURE(row.height);
    const ImageGrid grid = g.grid_of(row.width, row.height);
    CHECK(grid.width == row.resized_width);
    CHECK(grid.height == row.resized_height);
    CHECK(grid.patches == row.grid_width * row.grid_height);
    CHECK(grid.visual_tokens == row.visual_tokens);
    CHECK(grid.position_advance == row.advance);
    // The table gives three or four significant digits.
    const auto near = [](double value, double shown) { return std::abs(value - shown) <= 0.005 * shown; };
    CHECK(near(static_cast<double>(g.image_embedding(grid.visual_tokens).bytes().value) / kMib,
               row.embedding_mib));
    CHECK(
        near(static_cast<double>(g.vision_output(grid.visual_tokens).bytes().value) / kMib, row.output_mib));
    CHECK(near(static_cast<double>(g.kv(grid.visual_tokens).bytes().value) / kMib, row.kv_mib));
    const double vision = static_cast<double>(g.vision_flops(grid.patches)) / 1e9;
    CHECK(std::abs(vision - row.vision_gflop) <= (row.vision_gflop < 1000 ? 0.05 : 0.6));
    const double attention = 98'304.0 * static_cast<double>(grid.patches * grid.patches) / 1e9;
    CHECK(std::lround(100 * attention / vision) == row.attention_percent);
    const double prefill = static_cast<double>(g.layers_flops(grid.visual_tokens, 0)) / 1e9;
    CHECK(std::abs(prefill - row.prefill_gflop) <= (row.prefill_gflop < 1000 ? 0.05 : 0.5));
  }
}

TEST_CASE("formulas of the 2b model, constants as published") {
  const Geometry& g = two_b();
  Rng rng(3);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t n = 4 * (1 + rng.below(20'000));
    const std::uint64_t s = 1 + rng.below(5'000);
    const std::uint64_t c = rng.below(100'000);
    CHECK(g.pixel_values(n).bytes().value == 6'144 * n);
    CHECK(g.image_embedding(n / 4).bytes().value == 4'096 * (n / 4));
    CHECK(g.vision_output(n / 4).bytes().value == 16'384 * (n / 4));
    CHECK(g.hidden_states(s).bytes().value == 4'096 * s);
    CHECK(g.token_ids(s).bytes().value == 8 * s);
    CHECK(g.pair(s + n / 4, n / 4).bytes().value == 4'096 * (s + n / 4) + 12'288 * (n / 4));
    CHECK(g.kv(s).bytes().value == 114'688 * s);
    CHECK(g.vision_flops(n) == 657'457'152 * n + 98'304 * n * n);
    CHECK(g.prefill_flops(s, c) == 2'818'572'288 * s + 229'376 * (s * c + s * (s + 1) / 2) + 622'329'856);
    CHECK(g.layers_flops(s, c) == g.prefill_flops(s, c) - 622'329'856);
    CHECK(g.layer_flops(s, c) * 28 == g.layers_flops(s, c));
    CHECK(g.decode_flops(c) == 3'440'902'144 + 229'376 * c);
    CHECK(g.decode_bytes(c).value == 3'441'149'952 + 114'688 * c);
    CHECK(g.vision_scratch(n).value == 16 * n * n * 4);
  }
  CHECK(g.kv_bytes_per_token().value == 114'688);
}

TEST_CASE("prefill in pieces costs what prefill at once costs") {
  for (const std::string& name : geometry_names()) {
    const Geometry g = geometry_named(name);
    std::uint64_t pieces = 0;
    for (std::uint64_t at = 0; at < 1'000; at += 40) pieces += g.layers_flops(40, at);
    CHECK(pieces == g.layers_flops(1'000, 0));
  }
}

TEST_CASE("the tiny model, by hand") {
  const Geometry g = geometry_named("tiny");
  const ImageGrid least = g.grid_of(10, 10);
  CHECK(least.width == 64);
  CHECK(least.visual_tokens == 4);
  CHECK(g.grid_of(4'000, 4'000).width == 256);
  CHECK(g.kv_bytes_per_token().value == 2 * 5 * 2 * 32 * 2);
  CHECK(g.vision_output(4).bytes().value == 4 * 4 * 56 * 2);
  CHECK(g.pixel_values(16).bytes().value == 16 * 1536 * 4);
  // One decoder layer, one token: q and o 56·128, k and v 56·64, three of 56·160; attention over one
  // position.
  CHECK(g.layer_flops(1, 0) == 2 * (2 * 56 * 128 + 2 * 56 * 64 + 3 * 56 * 160) + 4 * 128);
  CHECK(g.logits_flops() == 2 * 512 * 56);
  // Four patches, one visual token: embedding, four blocks, four mergers, attention.
  const std::uint64_t blocks = 4 * 2 * (4 * 48 * 48 + 2 * 48 * 104);
  const std::uint64_t mergers = 4 * 2 * (192 * 192 + 192 * 56);
  CHECK(g.vision_flops(4) == 4 * (2 * 1536 * 48 + blocks) + mergers + 4 * 4 * 48 * 16);
  CHECK(g.text_parameters() ==
        512 * 56 + 5 * (2 * 56 * 128 + 2 * 56 * 64 + 3 * 56 * 160 + 2 * 56 + 2 * 32) + 56);
}

TEST_CASE("resize agrees with the rule in plain floating point") {
  Rng rng(11);
  for (const std::string& name : geometry_names()) {
    const Geometry g = geometry_named(name);
    for (int round = 0; round < 20'000; ++round) {
      const auto width = static_cast<std::uint32_t>(1 + rng.below(9'000));
      const auto height = static_cast<std::uint32_t>(1 + rng.below(9'000));
      if (std::max(width, height) > 200 * std::min(width, height)) {
        CHECK_THROWS_AS(static_cast<void>(g.grid_of(width, height)), Error);
        continue;
      }
      const ImageGrid got = g.grid_of(width, height);
      if (!(got == slow_grid(g, width, height))) FAIL(name << ": " << width << "x" << height);
    }
  }
}

TEST_CASE("resize: ties go to the even multiple") {
  const Geometry& g = two_b();
  CHECK(g.grid_of(1'008, 1'024).width == 1'024);  // 31.5 -> 32
  CHECK(g.grid_of(1'040, 1'024).width == 1'024);  // 32.5 -> 32
  CHECK(g.grid_of(1'041, 1'024).width == 1'056);
}

TEST_CASE("resize refuses what the model refuses") {
  const Geometry& g = two_b();
  CHECK(g.grid_of(200, 1).visual_tokens > 0);
  CHECK_THROWS_AS(static_cast<void>(g.grid_of(201, 1)), Error);
  CHECK_THROWS_AS(static_cast<void>(g.grid_of(1, 201)), Error);
  CHECK_THROWS_AS(static_cast<void>(g.grid_of(0, 5)), Error);
  CHECK_THROWS_AS(static_cast<void>(g.grid_of(5, 0)), Error);
  CHECK(g.grid_of(0xFFFFFFFFU, 0xFFFFFFFFU).visual_tokens == 16'384);
}

TEST_CASE("geometries by name") {
  CHECK(two_b().fingerprint() != geometry_named("tiny").fingerprint());
  CHECK(two_b().fingerprint() == geometry_named("2b").fingerprint());
  try {
    static_cast<void>(geometry_named("tinny"));
    FAIL("an unknown geometry was accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(std::string(error.what()).find("tiny") != std::string::npos);
  }
}

TEST_CASE("weights that are known are part of the fingerprint, the tower's alone of the encoder's") {
  const Geometry& shape = two_b();
  CHECK(shape.encoder_fingerprint() == shape.fingerprint());  // nothing is known of its weights
  const Geometry one = shape.with_weights({.encoder = 1, .model = 2});
  const Geometry other = shape.with_weights({.encoder = 1, .model = 3});
  CHECK(one.fingerprint() != shape.fingerprint());
  CHECK(one.fingerprint() != other.fingerprint());
  CHECK(one.encoder_fingerprint() == other.encoder_fingerprint());
  CHECK(one.encoder_fingerprint() != shape.with_weights({.encoder = 4, .model = 2}).encoder_fingerprint());
  CHECK(one.with_weights({.encoder = 1, .model = 3}).fingerprint() == other.fingerprint());
  // Another decoder on the same tower.
  TextConfig deeper = shape.text();
  ++deeper.layers;
  const Geometry grown = Geometry("grown", shape.vision(), deeper, shape.dtype());
  CHECK(grown.with_weights({.encoder = 1, .model = 5}).encoder_fingerprint() == one.encoder_fingerprint());
}

// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/vision_tower.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "torch_model/tiny_model.h"

using namespace cachebench;
using namespace cachebench::torch_model;
using cachebench::torch_model::testing::difference;
using cachebench::torch_model::testing::random_tensor;
using cachebench::torch_model::testing::tiny_config;
using cachebench::torch_model::testing::tiny_weights;

namespace {

at::Tensor pixels(std::int64_t patches, std::uint64_t seed) {
  return random_tensor({patches, 1536}, seed);
}

}  // namespace

TEST_CASE("images encoded together come out as encoded alone") {
  const VisionTower tower(tiny_weights(), tiny_config().vision);
  const std::vector<model::PatchGrid> grids{{1, 4, 6}, {1, 2, 2}, {1, 6, 4}};
  const at::Tensor a = pixels(24, 1);
  const at::Tensor b = pixels(4, 2);
  const at::Tensor c = pixels(24, 3);
  const VisionOutput together = tower(at::cat({a, b, c}, 0), grids, {});
  CHECK(together.embedding.size(0) == 13);
  CHECK(together.deepstack.size() == 3);
  const VisionOutput alone = tower(b, std::vector<model::PatchGrid>{{1, 2, 2}}, {});
  CHECK(difference(together.embedding.narrow(0, 6, 1), alone.embedding) < 1e-5);
  for (std::size_t tap = 0; tap < 3; ++tap) {
    CHECK(difference(together.deepstack[tap].narrow(0, 6, 1), alone.deepstack[tap]) < 1e-5);
  }
}

TEST_CASE("a grid as large as the position table takes the table's own rows, in merged order") {
  const model::VisionConfig config = [] {
    model::VisionConfig vision = tiny_config().vision;
    vision.positions = 16;
    return vision;
  }();
  const WeightSource weights = tiny_weights();
  const VisionTower tower(weights, config);
  std::map<std::string, at::Tensor> seen;
  static_cast<void>(tower(pixels(16, 4), std::vector<model::PatchGrid>{{1, 4, 4}},
                          [&](const std::string& name, const at::Tensor& value) { seen[name] = value; }));
  const at::Tensor table = weights("model.visual.pos_embed.weight", {16, config.hidden});
  // Blocks of two by two: patches 0, 1, 4, 5, then 2, 3, 6, 7, …
  const at::Tensor order =
      at::tensor(std::vector<std::int64_t>{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15});
  CHECK(difference(seen.at("vision.pos_embed"), table.index_select(0, order)) < 1e-6);
}

TEST_CASE("what it computes depends on where a patch lies") {
  const VisionTower tower(tiny_weights(), tiny_config().vision);
  const at::Tensor a = pixels(16, 5);
  const VisionOutput square = tower(a, std::vector<model::PatchGrid>{{1, 4, 4}}, {});
  const VisionOutput wide = tower(a, std::vector<model::PatchGrid>{{1, 2, 8}}, {});
  CHECK(difference(square.embedding, wide.embedding) > 1e-3);
}

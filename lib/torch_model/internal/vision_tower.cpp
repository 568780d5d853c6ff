// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/vision_tower.h"

#include <fmt/format.h>

#include <algorithm>

#include "torch_model/internal/attention.h"

namespace cachebench::torch_model {
namespace {

constexpr double kRopeTheta = 10'000.0;

std::int64_t merged_width(const model::VisionConfig& config) {
  return std::int64_t{config.hidden} * config.merge * config.merge;
}

std::int64_t patch_elements(const model::VisionConfig& config) {
  return std::int64_t{config.channels} * config.temporal_patch * config.patch * config.patch;
}

/// `count` points of one axis over the table's, ends on ends: where each lies, as lower neighbour, upper
/// neighbour and share of the upper.
struct Grid1d {
  at::Tensor low;
  at::Tensor high;
  at::Tensor share;
};
Grid1d spread(std::int64_t count, std::int64_t side) {
  const at::Tensor points = at::linspace(0.0, static_cast<double>(side - 1), count, at::kFloat);
  const at::Tensor low = points.to(at::kLong);
  return {low, (low + 1).clamp_max(side - 1), points - low.to(at::kFloat)};
}

}  // namespace

PatchMerger::PatchMerger(const WeightSource& source, const std::string& name,
                         const model::VisionConfig& config, NormOver over)
    : merged_(merged_width(config)),
      over_(over),
      norm_(source, name + ".norm", over == NormOver::kPatch ? std::int64_t{config.hidden} : merged_),
      in_(source, name + ".linear_fc1", merged_, merged_, Bias::kThere),
      out_(source, name + ".linear_fc2", merged_, config.out, Bias::kThere) {}

at::Tensor PatchMerger::operator()(const at::Tensor& patches) const {
  const at::Tensor merged = over_ == NormOver::kPatch ? norm_(patches).reshape({-1, merged_})
                                                      : norm_(patches.reshape({-1, merged_}));
  return out_(at::gelu(in_(merged), "none"));
}

VisionTower::VisionTower(const WeightSource& source, const model::VisionConfig& config, ComponentHost* host)
    : config_(config),
      stem_(source, host, "model.visual.patch_embed",
            [config](const WeightSource& from) { return make_stem(from, config); }),
      merger_(source, host, "model.visual.merger", [config](const WeightSource& from) {
        return PatchMerger(from, "model.visual.merger", config, PatchMerger::NormOver::kPatch);
      }) {
  for (std::uint32_t i = 0; i < config.depth; ++i) {
    const std::string name = fmt::format("model.visual.blocks.{}", i);
    blocks_.emplace_back(source, host, name, [config, name](const WeightSource& from) {
      return make_block(from, config, name + '.');
    });
  }
  for (std::size_t i = 0; i < config.taps.size(); ++i) {
    const std::string name = fmt::format("model.visual.deepstack_merger_list.{}", i);
    deepstack_mergers_.emplace_back(source, host, name, [config, name](const WeightSource& from) {
      return PatchMerger(from, name, config, PatchMerger::NormOver::kMergedPatches);
    });
  }
}

VisionTower::Stem VisionTower::make_stem(const WeightSource& source, const model::VisionConfig& config) {
  return {.patch_weight =
              source("model.visual.patch_embed.proj.weight",
                     {config.hidden, config.channels, config.temporal_patch, config.patch, config.patch})
                  .reshape({std::int64_t{config.hidden}, patch_elements(config)}),
          .patch_bias = source("model.visual.patch_embed.proj.bias", {config.hidden}),
          .position_table = source("model.visual.pos_embed.weight", {config.positions, config.hidden})};
}

VisionTower::Block VisionTower::make_block(const WeightSource& source, const model::VisionConfig& config,
                                           const std::string& name) {
  const std::int64_t hidden = config.hidden;
  return {.norm1 = {source, name + "norm1", hidden},
          .norm2 = {source, name + "norm2", hidden},
          .qkv = {source, name + "attn.qkv", hidden, 3 * hidden, Bias::kThere},
          .proj = {source, name + "attn.proj", hidden, hidden, Bias::kThere},
          .fc1 = {source, name + "mlp.linear_fc1", hidden, config.mlp, Bias::kThere},
          .fc2 = {source, name + "mlp.linear_fc2", config.mlp, hidden, Bias::kThere}};
}

at::Tensor VisionTower::to_block_order(const at::Tensor& x, const model::PatchGrid& grid) const {
  const std::int64_t merge = config_.merge;
  const std::int64_t width = x.size(-1);
  return x.reshape({grid.rows / merge, merge, grid.columns / merge, merge, width})
      .permute({0, 2, 1, 3, 4})
      .reshape({grid.rows * grid.columns, width});
}

at::Tensor VisionTower::positions_of(const at::Tensor& table, const model::PatchGrid& grid) const {
  std::int64_t side = 1;
  while (side * side < table.size(0)) ++side;
  const Grid1d y = spread(grid.rows, side);
  const Grid1d x = spread(grid.columns, side);
  const at::Tensor y_share = y.share.unsqueeze(1);
  const at::Tensor x_share = x.share.unsqueeze(0);
  // Weights of the four neighbours are in float32, the table's rows in the model's dtype.
  const auto corner = [&](const at::Tensor& row, const at::Tensor& column, const at::Tensor& weight) {
    const at::Tensor index = (row.unsqueeze(1) * side + column.unsqueeze(0)).reshape({-1});
    return table.index_select(0, index) * weight.reshape({-1, 1}).to(table.scalar_type());
  };
  at::Tensor mixed =
      corner(y.low, x.low, (1 - y_share) * (1 - x_share)) + corner(y.low, x.high, (1 - y_share) * x_share) +
      corner(y.high, x.low, y_share * (1 - x_share)) + corner(y.high, x.high, y_share * x_share);
  mixed = to_block_order(mixed, grid);
  return grid.frames == 1 ? mixed : mixed.repeat({grid.frames, 1});
}

Rotation VisionTower::rotation_of(std::span<const model::PatchGrid> grids) const {
  const std::int64_t quarter = std::int64_t{config_.hidden} / config_.heads / 4;
  const at::Tensor exponent = at::arange(quarter, at::kFloat) / static_cast<double>(quarter);
  const at::Tensor frequencies = at::pow(kRopeTheta, exponent).reciprocal();
  std::vector<at::Tensor> angles;
  for (const model::PatchGrid& grid : grids) {
    const at::Tensor row = at::arange(grid.rows, at::kFloat).unsqueeze(1).expand({grid.rows, grid.columns});
    const at::Tensor column =
        at::arange(grid.columns, at::kFloat).unsqueeze(0).expand({grid.rows, grid.columns});
    const at::Tensor place = at::stack({row, column}, -1).reshape({-1, 2});
    const at::Tensor of_frame =
        to_block_order((place.unsqueeze(-1) * frequencies).reshape({-1, 2 * quarter}), grid);
    for (std::int64_t frame = 0; frame < grid.frames; ++frame) angles.push_back(of_frame);
  }
  const at::Tensor half = at::cat(angles, 0);
  const at::Tensor whole = at::cat({half, half}, -1);
  return {at::cos(whole), at::sin(whole)};
}

at::Tensor VisionTower::attend(const Block& block, const at::Tensor& x, const Rotation& rotation,
                               std::span<const model::PatchGrid> grids) const {
  const std::int64_t heads = config_.heads;
  const at::Tensor qkv = block.qkv(x).reshape({x.size(0), 3, heads, -1}).permute({1, 2, 0, 3});
  const auto rotated = [&](std::int64_t which) {
    return rotate(qkv[which].to(at::kFloat), rotation).to(x.scalar_type());
  };
  const at::Tensor queries = rotated(0);
  const at::Tensor keys = rotated(1);
  const at::Tensor values = qkv[2];
  std::vector<at::Tensor> parts;
  std::int64_t begin = 0;
  for (const model::PatchGrid& grid : grids) {
    const std::int64_t count = grid.rows * grid.columns;
    for (std::int64_t frame = 0; frame < grid.frames; ++frame, begin += count) {
      parts.push_back(attention(queries.narrow(1, begin, count), keys.narrow(1, begin, count),
                                values.narrow(1, begin, count), Mask::kNone));
    }
  }
  return block.proj(at::cat(parts, 1).transpose(0, 1).reshape({x.size(0), -1}));
}

at::Tensor VisionTower::enter(const at::Tensor& pixel_values, std::span<const model::PatchGrid> grids,
                              const ActivationTap& tap) const {
  const std::shared_ptr<const Stem> stem = stem_.get();
  const at::Tensor x = at::linear(pixel_values, stem->patch_weight, stem->patch_bias);
  tell(tap, "vision.patch_embed", x);
  std::vector<at::Tensor> positions;
  for (const model::PatchGrid& grid : grids) positions.push_back(positions_of(stem->position_table, grid));
  const at::Tensor position = at::cat(positions, 0);
  tell(tap, "vision.pos_embed", position);
  return x + position;
}

VisionOutput VisionTower::operator()(const at::Tensor& pixel_values, std::span<const model::PatchGrid> grids,
                                     const ActivationTap& tap) const {
  at::Tensor x = enter(pixel_values, grids, tap);
  const Rotation rotation = rotation_of(grids);
  VisionOutput output;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    {  // one part at a time
      const std::shared_ptr<const Block> block = blocks_[i].get();
      x = x + attend(*block, block->norm1(x), rotation, grids);
      x = x + block->fc2(at::gelu(block->fc1(block->norm2(x)), "tanh"));
    }
    tell(tap, fmt::format("vision.block.{}", i), x);
    const auto found = std::find(config_.taps.begin(), config_.taps.end(), i);
    if (found == config_.taps.end()) continue;
    const std::size_t which = static_cast<std::size_t>(found - config_.taps.begin());
    output.deepstack.push_back((*deepstack_mergers_[which].get())(x));
    tell(tap, fmt::format("vision.deepstack.{}", which), output.deepstack.back());
  }
  output.embedding = (*merger_.get())(x);
  tell(tap, "vision.merger", output.embedding);
  return output;
}

}  // namespace cachebench::torch_model

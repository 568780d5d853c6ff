// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/encode_batch.h"

#include <fmt/format.h>

#include <cstdint>

#include "core/error.h"
#include "torch_model/internal/prefill_batch.h"

namespace cachebench::torch_model {
namespace {

struct Checked {
  std::size_t item = 0;
  at::Tensor values;
  model::PatchGrid grid;
};

/// Embedding and features of one image, side by side, in memory of their own.
SharedTensor output_of(const Workplace& at, const VisionOutput& all, std::int64_t first, std::int64_t count) {
  at::Tensor out = empty_in(at.memory, at.geometry.vision_output(static_cast<std::uint64_t>(count)));
  const std::int64_t width = all.embedding.size(1);
  out.narrow(1, 0, width).copy_(all.embedding.narrow(0, first, count));
  for (std::size_t tap = 0; tap < all.deepstack.size(); ++tap) {
    out.narrow(1, static_cast<std::int64_t>(tap + 1) * width, width)
        .copy_(all.deepstack[tap].narrow(0, first, count));
  }
  return shared_over(out);
}

void run(const Workplace& at, std::span<const Checked> group, std::vector<model::EncodeOutcome>& out) {
  std::vector<at::Tensor> values;
  std::vector<model::PatchGrid> grids;
  for (const Checked& one : group) {
    values.push_back(one.values.to(at.model.type()));
    grids.push_back(one.grid);
  }
  const at::Tensor pixels = values.size() == 1 ? values.front() : at::cat(values, 0);
  const VisionOutput all = at.model.encode_images(pixels, grids, {});
  const std::int64_t area = std::int64_t{at.geometry.vision().merge} * at.geometry.vision().merge;
  std::int64_t first = 0;
  for (const Checked& one : group) {
    const std::int64_t count = one.grid.patches() / area;
    out[one.item].output = output_of(at, all, first, count);
    first += count;
  }
}

void run_or_split(const Workplace& at, std::span<const Checked> group,
                  std::vector<model::EncodeOutcome>& out) {
  try {
    run(at, group, out);
  } catch (...) {
    const Error error = current_error();
    for (const Checked& one : group) out[one.item] = {.output = {}, .error = error};
    if (group.size() == 1) return;
    for (std::size_t i = 0; i < group.size(); ++i) {
      out[group[i].item] = {};
      run_or_split(at, group.subspan(i, 1), out);
    }
  }
}

}  // namespace

std::vector<model::EncodeOutcome> encode_batch(const Workplace& at, std::span<const model::Pixels> images) {
  std::vector<model::EncodeOutcome> out(images.size());
  std::vector<Checked> checked;
  for (std::size_t i = 0; i < images.size(); ++i) {
    try {
      check_grid(images[i].grid, at.geometry.vision().merge);
      const auto patches = static_cast<std::uint64_t>(images[i].grid.patches());
      checked.push_back({.item = i,
                         .values = tensor_over(images[i].values, at.geometry.pixel_values(patches),
                                               fmt::format("image {}", i)),
                         .grid = images[i].grid});
    } catch (...) {
      out[i].error = current_error();
    }
  }
  for (std::size_t begin = 0; begin < checked.size();) {
    std::size_t end = begin;
    std::int64_t patches = 0;
    while (end < checked.size() &&
           (end == begin || patches + checked[end].grid.patches() <= kPatchesAtOnce)) {
      patches += checked[end++].grid.patches();
    }
    run_or_split(at, std::span<const Checked>(checked).subspan(begin, end - begin), out);
    begin = end;
  }
  return out;
}

}  // namespace cachebench::torch_model

// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/reference_case.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <optional>

#include "core/error.h"
#include "torch_model/internal/pixel_values.h"
#include "torch_model/internal/weights.h"

namespace cachebench::torch_model {
namespace {

constexpr double kTolerance = 1e-4;  // of the largest magnitude of the reference tensor
// Another resampler than the reference's may differ by two steps of 255, here and there by more.
constexpr double kPixelTolerance = 2.0 * 2.0 / 255.0;
constexpr double kPixelsWithin = 0.999;
constexpr std::int64_t kPageTokens = 16;

bool is_input(const std::string& name) {
  return name == "input_ids" || name.ends_with(".rgb");
}

model::TensorCheck failed(model::TensorCheck check, std::string reason) {
  check.ok = false;
  check.reason = std::move(reason);
  return check;
}

/// Both as doubles in one row; a batch dimension of one is left out.
model::TensorCheck compare_tensor(const std::string& name, const at::Tensor& computed,
                                  const at::Tensor& reference) {
  model::TensorCheck check;
  check.name = name;
  check.elements = static_cast<std::uint64_t>(reference.numel());
  if (computed.squeeze().sizes() != reference.squeeze().sizes()) {
    check.max_abs = check.max_rel = std::numeric_limits<double>::infinity();
    return failed(check, fmt::format("{} elements of another shape computed", computed.numel()));
  }
  if (reference.numel() == 0) {
    check.ok = true;
    return check;
  }
  const at::Tensor ours = computed.to(at::kDouble).reshape({-1});
  const at::Tensor theirs = reference.to(at::kDouble).reshape({-1});
  const at::Tensor difference = (ours - theirs).abs();
  if (!difference.isfinite().all().item<bool>()) {
    check.max_abs = check.max_rel = std::numeric_limits<double>::infinity();
    return failed(check, "not a number, or infinite");
  }
  check.max_abs = difference.max().item<double>();
  const auto magnitude = theirs.abs().max().item<double>();
  check.max_rel = check.max_abs == 0 ? 0 : check.max_abs / magnitude;
  if (!at::isFloatingType(reference.scalar_type())) {
    check.ok = check.max_abs == 0;
    return check.ok ? check : failed(check, "must be equal");
  }
  if (name == "pixel_values") {
    check.ok = (difference <= kPixelTolerance).to(at::kDouble).mean().item<double>() >= kPixelsWithin;
    return check.ok ? check : failed(check, "recomputed pixels are beyond two steps of 255");
  }
  check.ok = check.max_rel <= kTolerance;
  return check.ok ? check : failed(check, fmt::format("beyond {} of the largest magnitude", kTolerance));
}

std::vector<std::int64_t> integers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kLong).reshape({-1}).contiguous();
  return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()};
}

}  // namespace

ReferenceCase::ReferenceCase(const std::string& path) : file_(path) {
  const auto wrong = [&](const char* name) {
    return Error(ErrorKind::kInput, fmt::format("{}: tensor '{}' is not what a case holds", path, name));
  };
  const TensorMeta ids = file_.at("input_ids").meta;
  if (ids.dtype != DType::kI64 || ids.shape.elements() == 0) throw wrong("input_ids");
  if (const TensorView* grids = file_.find("image_grid_thw")) {
    if (grids->meta.dtype != DType::kI64 || grids->meta.shape.elements() % 3 != 0)
      throw wrong("image_grid_thw");
    if (file_.at("pixel_values").meta.shape.dims().size() != 2) throw wrong("pixel_values");
  }
}

Prompt ReferenceCase::prompt() const {
  Prompt prompt{.tokens = integers(tensor_over(file_.at("input_ids"))), .grids = {}};
  if (const TensorView* grids = file_.find("image_grid_thw")) {
    const std::vector<std::int64_t> values = integers(tensor_over(*grids));
    for (std::size_t i = 0; i < values.size(); i += 3) {
      prompt.grids.push_back({.frames = values[i], .rows = values[i + 1], .columns = values[i + 2]});
    }
  }
  return prompt;
}

void ReferenceCase::recompute_pixels(const model::CheckpointConfig& config, Activations& out) const {
  const model::Geometry geometry("checkpoint", config.vision, config.text, DType::kF32);
  std::vector<at::Tensor> rows;
  for (std::size_t i = 0;; ++i) {
    const TensorView* rgb = file_.find(fmt::format("image.{}.rgb", i));
    if (rgb == nullptr) break;
    const auto dims = rgb->meta.shape.dims();
    if (rgb->meta.dtype != DType::kU8 || dims.size() != 3 || dims[2] != 3 || rgb->data.empty()) {
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: image.{}.rgb is not [height, width, 3] bytes", file_.path(), i));
    }
    std::vector<std::uint8_t> bytes(rgb->data.size());
    std::transform(rgb->data.begin(), rgb->data.end(), bytes.begin(),
                   [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    const image::Image picture({static_cast<std::uint32_t>(dims[1]), static_cast<std::uint32_t>(dims[0])},
                               std::move(bytes));
    const PixelValues pixels = pixel_values(picture, geometry);
    const std::int64_t patches = pixels.grid.patches();
    rows.push_back(at::tensor(pixels.values, at::kFloat).reshape({patches, -1}));
  }
  if (!rows.empty()) out["pixel_values"] = at::cat(rows, 0);
}

void ReferenceCase::decode_greedily(const Qwen3VL& model, const at::Tensor& last, KvSequence& sequence,
                                    Activations& out) const {
  const TensorView* reference = file_.find("greedy_ids");
  if (reference == nullptr) return;
  const std::int64_t delta = model.positions_of(prompt()).delta;
  std::vector<std::int64_t> ids;
  std::vector<at::Tensor> all_logits;
  at::Tensor hidden = last;
  const std::uint64_t steps = reference->meta.shape.elements();
  for (std::uint64_t step = 0; step < steps; ++step) {
    all_logits.push_back(model.logits(hidden).reshape({-1}));
    ids.push_back(all_logits.back().argmax().item<std::int64_t>());
    if (step + 1 < steps) hidden = model.decode(ids.back(), delta, sequence);
  }
  out["greedy_ids"] = at::tensor(ids, at::kLong);
  out["greedy_logits"] = at::stack(all_logits);
}

Activations ReferenceCase::run(const Qwen3VL& model) const {
  Activations computed;
  const ActivationTap tap = [&computed](const std::string& name, const at::Tensor& value) {
    computed[name] = value;
  };
  const Prompt asked = prompt();
  const model::CheckpointConfig& config = model.config();
  recompute_pixels(config, computed);
  std::optional<VisionOutput> vision;
  if (!asked.grids.empty()) {
    std::vector<std::int64_t> grids;
    std::int64_t patches = 0;
    for (const model::PatchGrid& grid : asked.grids) {
      check_grid(grid, config.vision.merge);
      patches += grid.patches();
      grids.insert(grids.end(), {grid.frames, grid.rows, grid.columns});
    }
    computed["image_grid_thw"] = at::tensor(grids, at::kLong).reshape({-1, 3});
    const at::Tensor pixels = tensor_over(file_.at("pixel_values")).to(at::kFloat);
    if (pixels.size(0) != patches) {
      throw Error(ErrorKind::kInput, fmt::format("{}: {} rows of pixel_values for {} patches", file_.path(),
                                                 pixels.size(0), patches));
    }
    vision = model.encode_images(pixels, asked.grids, tap);
  }
  const auto tokens = static_cast<std::int64_t>(asked.tokens.size());
  const auto steps = static_cast<std::int64_t>(
      file_.find("greedy_ids") != nullptr ? file_.at("greedy_ids").meta.shape.elements() : 0);
  KvPool pool(config.text, at::kFloat,
              {.pages = (tokens + steps) / kPageTokens + 1, .page_tokens = kPageTokens});
  KvSequence sequence(pool);
  const at::Tensor hidden = model.prefill(asked, vision, sequence, tap);
  computed["logits"] = model.logits(hidden);
  for (std::int64_t layer = 0; layer < std::int64_t{config.text.layers}; ++layer) {
    const KvSequence::KeysValues kv = sequence.gather(layer);
    computed[fmt::format("text.kv.{}.key", layer)] = kv.keys.clone();
    computed[fmt::format("text.kv.{}.value", layer)] = kv.values.clone();
  }
  const model::PromptPositions positions = model.positions_of(asked);
  std::vector<at::Tensor> axes;
  for (const std::vector<std::int64_t>& axis : positions.axis) axes.push_back(at::tensor(axis, at::kLong));
  computed["position_ids"] = at::stack(axes);
  computed["rope_delta"] = at::full({1}, positions.delta, at::kLong);
  decode_greedily(model, hidden.narrow(0, tokens - 1, 1), sequence, computed);
  return computed;
}

model::CaseCheck ReferenceCase::compare(const Activations& computed) const {
  model::CaseCheck result{.file = std::filesystem::path(file_.path()).filename().string(), .tensors = {}};
  for (const auto& [name, view] : file_.tensors()) {
    const bool given_only = name == "pixel_values" && file_.find("image.0.rgb") == nullptr;
    if (is_input(name) || given_only) continue;
    const auto found = computed.find(name);
    if (found == computed.end()) {
      model::TensorCheck check{.name = name, .elements = view.meta.shape.elements(), .reason = {}};
      result.tensors.push_back(failed(check, "the model computes no tensor of this name"));
      continue;
    }
    result.tensors.push_back(compare_tensor(name, found->second, tensor_over(view)));
  }
  return result;
}

}  // namespace cachebench::torch_model

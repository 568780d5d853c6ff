// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/registry.h"
#include "model/model_runner.h"
#include "support/temp_dir.h"
#include "torch_model/random_checkpoint.h"

/// The runner over a small checkpoint whose weights are large enough for a fault to show, and prompts for it.
/// No tensor library in sight: tests drive it as a pipeline does.
namespace cachebench::torch_model::testing {

inline std::unique_ptr<model::ModelRunner> make_runner(const model::RunnerOptions& options) {
  return Registry<model::RunnerDescriptor>::instance().at("libtorch", "runner").make(options);
}

/// Largest difference over the largest magnitude of the second; infinite where lengths differ.
inline double difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size() || a.empty()) return INFINITY;
  float apart = 0;
  float largest = 1e-30F;
  for (std::size_t i = 0; i < a.size(); ++i) {
    apart = std::max(apart, std::isfinite(a[i]) ? std::abs(a[i] - b[i]) : INFINITY);
    largest = std::max(largest, std::abs(b[i]));
  }
  return static_cast<double>(apart) / static_cast<double>(largest);
}

inline std::vector<float> floats_of(const SharedTensor& tensor) {
  std::vector<float> values(tensor.bytes().value / sizeof(float));
  std::memcpy(values.data(), tensor.view().data.data(), values.size() * sizeof(float));
  return values;
}

class RunnerFixture {
 public:
  explicit RunnerFixture(model::RunnerOptions options = {}) {
    RandomCheckpoint(foreign_config(), 5, DType::kF32).write(folder_.path(), 1);
    options.checkpoint = folder_.path().string();
    runner_ = make_runner(options);
  }
  [[nodiscard]] model::ModelRunner& runner() { return *runner_; }
  [[nodiscard]] std::string folder() const { return folder_.path().string(); }

  /// Noise in the place of an image.
  [[nodiscard]] model::Pixels pixels(const model::PatchGrid& grid, std::uint64_t seed) const {
    const TensorMeta meta = runner_->geometry().pixel_values(static_cast<std::uint64_t>(grid.patches()));
    std::vector<std::byte> bytes(meta.bytes().value);
    Rng rng(seed);
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
      const auto value = static_cast<float>(2 * rng.uniform() - 1);
      std::memcpy(bytes.data() + at, &value, sizeof(value));
    }
    return {.values = SharedTensor(meta, std::move(bytes)), .grid = grid};
  }
  /// Text of `length` tokens, then for each image its tokens and a little text.
  [[nodiscard]] model::PromptTokens prompt(std::size_t length, std::vector<model::PatchGrid> grids,
                                           std::uint64_t seed) const {
    model::PromptTokens prompt;
    Rng rng(seed);
    const auto write = [&](std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) prompt.ids.push_back(static_cast<std::int64_t>(rng.below(80)));
    };
    write(length);
    const std::int64_t area =
        std::int64_t{runner_->geometry().vision().merge} * runner_->geometry().vision().merge;
    for (const model::PatchGrid& grid : grids) {
      prompt.ids.insert(prompt.ids.end(), static_cast<std::size_t>(grid.patches() / area),
                        runner_->image_token());
      write(3);
    }
    prompt.grids = std::move(grids);
    return prompt;
  }
  /// The tower's outputs for noise of these grids.
  [[nodiscard]] std::vector<SharedTensor> look(const std::vector<model::PatchGrid>& grids) {
    std::vector<model::Pixels> images;
    for (std::size_t i = 0; i < grids.size(); ++i) images.push_back(pixels(grids[i], i + 1));
    std::vector<SharedTensor> outputs;
    for (const model::EncodeOutcome& one : runner_->encode(images)) outputs.push_back(one.output);
    return outputs;
  }
  [[nodiscard]] model::PrefillOutcome prefill(const model::PrefillItem& item) {
    return std::move(runner_->prefill({&item, 1}).front());
  }
  [[nodiscard]] model::DecodeOutcome decode(model::Sequence& sequence, std::int64_t token) {
    const model::DecodeItem item{.sequence = &sequence, .token = token};
    return std::move(runner_->decode({&item, 1}).front());
  }

 private:
  cachebench::testing::TempDir folder_;
  std::unique_ptr<model::ModelRunner> runner_;
};

}  // namespace cachebench::torch_model::testing

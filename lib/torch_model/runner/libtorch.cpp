// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "core/registry.h"
#include "image/image.h"
#include "model/model_runner.h"
#include "torch_model/internal/decode_batch.h"
#include "torch_model/internal/encode_batch.h"
#include "torch_model/internal/model_instance.h"
#include "torch_model/internal/pixel_values.h"
#include "torch_model/internal/prefill_batch.h"

namespace cachebench::torch_model {
namespace {

class LibtorchRunner final : public model::ModelRunner {
 public:
  explicit LibtorchRunner(const model::RunnerOptions& options)
      : threads_(options.threads), memory_(options.memory), instance_(options) {}

  [[nodiscard]] const model::Geometry& geometry() const override { return instance_.geometry(); }
  [[nodiscard]] std::int64_t image_token() const override { return instance_.model().config().image_token; }
  [[nodiscard]] std::int64_t end_token() const override { return instance_.model().config().end_token; }

  model::Pixels preprocess(const model::Picture& picture) override {
    const std::uint64_t expected = std::uint64_t{3} * picture.width * picture.height;
    if (expected == 0 || picture.rgb.size() != expected) {
      throw Error(ErrorKind::kInput, fmt::format("{} bytes for a picture of {} × {} pixels",
                                                 picture.rgb.size(), picture.width, picture.height));
    }
    std::vector<std::uint8_t> bytes(picture.rgb.size());
    std::transform(picture.rgb.begin(), picture.rgb.end(), bytes.begin(),
                   [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    PixelValues pixels =
        pixel_values(image::Image({picture.width, picture.height}, std::move(bytes)), geometry());
    const TensorMeta meta = geometry().pixel_values(static_cast<std::uint64_t>(pixels.grid.patches()));
    const auto owner = std::make_shared<const std::vector<float>>(std::move(pixels.values));
    const SharedTensor plain(
        meta, std::shared_ptr<const std::byte>(owner, reinterpret_cast<const std::byte*>(owner->data())));
    if (!memory_) return {.values = plain, .grid = pixels.grid};
    const StageScope scope(threads_);
    return {.values = shared_copy(tensor_over(plain, meta, "image"), memory_), .grid = pixels.grid};
  }

  std::vector<model::EncodeOutcome> encode(std::span<const model::Pixels> images) override {
    const StageScope scope(threads_);
    return encode_batch(workplace(), images);
  }

  std::vector<model::PrefillOutcome> prefill(std::span<const model::PrefillItem> items) override {
    const StageScope scope(threads_);
    return prefill_batch(workplace(), items);
  }

  std::vector<model::DecodeOutcome> decode(std::span<const model::DecodeItem> items) override {
    const StageScope scope(threads_);
    return decode_batch(workplace(), items);
  }

  [[nodiscard]] std::optional<model::ComponentCacheStats> components() const override {
    if (instance_.host() == nullptr) return std::nullopt;
    return instance_.host()->stats();
  }
  void reset_components() override {
    if (instance_.host() != nullptr) instance_.host()->reset_stats();
  }

 private:
  [[nodiscard]] Workplace workplace() {
    return {.model = instance_.model(), .geometry = geometry(), .pool = instance_.pool(), .memory = memory_};
  }

  std::uint32_t threads_;
  HostMemory memory_;
  ModelInstance instance_;
};

std::unique_ptr<model::ModelRunner> make(const model::RunnerOptions& options) {
  try {
    return std::make_unique<LibtorchRunner>(options);
  } catch (...) {
    throw current_error();
  }
}

CACHEBENCH_REGISTER(model::RunnerDescriptor,
                    {.name = "libtorch",
                     .doc = "Qwen3-VL on LibTorch, with random weights of a preset or a checkpoint's",
                     .make = make});

}  // namespace
}  // namespace cachebench::torch_model

// SPDX-License-Identifier: Apache-2.0
// Requests with images and requests without in batches of their own, in order of arrival among their kind:
// the vision tower runs for whole batches or not at all.
#include <algorithm>

#include "pipeline/batcher.h"

namespace cachebench::pipeline {
namespace {

class TypeGrouped final : public Batcher {
 public:
  explicit TypeGrouped(const Parameters& parameters)
      : window_(static_cast<std::size_t>(parameters.get("window"))) {}

  [[nodiscard]] std::vector<std::size_t> next(std::span<const BatchCandidate> waiting,
                                              const BatchLimits& limits) override {
    const bool images = waiting.front().visual_tokens > 0;
    BatchFill fill(waiting, limits);
    for (std::size_t i = 0; i < std::min(waiting.size(), window_) && !fill.full(); ++i) {
      if ((waiting[i].visual_tokens > 0) != images) continue;
      if (!fill.add(i)) break;
    }
    return fill.take();
  }

 private:
  std::size_t window_;
};

}  // namespace

CACHEBENCH_REGISTER(BatcherDescriptor,
                    {.name = "type-grouped",
                     .doc = "with images and without in batches of their own, each in order of arrival",
                     .parameters = {{"window", 128, 1, 4096, "requests that are looked at"}},
                     .make = [](const Parameters& parameters) -> std::unique_ptr<Batcher> {
                       return std::make_unique<TypeGrouped>(parameters);
                     }});

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
// The order of arrival (within a priority): what everything else is measured against.
#include "pipeline/batcher.h"

namespace cachebench::pipeline {
namespace {

class Arrival final : public Batcher {
 public:
  [[nodiscard]] std::vector<std::size_t> next(std::span<const BatchCandidate> waiting,
                                              const BatchLimits& limits) override {
    BatchFill fill(waiting, limits);
    for (std::size_t i = 0; i < waiting.size() && !fill.full(); ++i) {
      if (!fill.add(i)) break;  // nobody overtakes
    }
    return fill.take();
  }
};

}  // namespace

CACHEBENCH_REGISTER(BatcherDescriptor, {.name = "arrival",
                                        .doc = "in order of priority and arrival, whatever the sizes",
                                        .make = [](const Parameters&) -> std::unique_ptr<Batcher> {
                                          return std::make_unique<Arrival>();
                                        }});

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
// Sequences of like length together: of the first `window` that wait, those nearest in length to the most
// urgent one. The larger the window, the less is padded and the later a request of an unusual length may be
// overtaken by; but the most urgent one is in every batch, so a request waits for at most as many batches as
// there were requests before it.
#include <algorithm>
#include <numeric>

#include "pipeline/batcher.h"

namespace cachebench::pipeline {
namespace {

class SizeGrouped final : public Batcher {
 public:
  explicit SizeGrouped(const Parameters& parameters)
      : window_(static_cast<std::size_t>(parameters.get("window"))) {}

  [[nodiscard]] std::vector<std::size_t> next(std::span<const BatchCandidate> waiting,
                                              const BatchLimits& limits) override {
    std::vector<std::size_t> pool(std::min(waiting.size(), window_));
    std::iota(pool.begin(), pool.end(), std::size_t{0});
    return nearest_lengths(waiting, std::move(pool), limits);
  }

 private:
  std::size_t window_;
};

}  // namespace

CACHEBENCH_REGISTER(BatcherDescriptor,
                    {.name = "size-grouped",
                     .doc = "those of like length with the most urgent one, from a window",
                     .parameters = {{"window", 128, 1, 4096, "requests that are looked at"}},
                     .make = [](const Parameters& parameters) -> std::unique_ptr<Batcher> {
                       return std::make_unique<SizeGrouped>(parameters);
                     }});

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
// By kind and length together, with a size that follows what batches are seen to cost. A batch takes whom it
// can at no more padding than `max_padding_share`, and its complexity stays within a budget: additive
// increase while batches end within `target_ms`, halved when one does not (Chiu and Jain 1989), so that long
// prompts go in small batches and short ones in large.
#include <algorithm>
#include <chrono>
#include <cstdint>

#include "pipeline/batcher.h"

namespace cachebench::pipeline {
namespace {

class Adaptive final : public Batcher {
 public:
  explicit Adaptive(const Parameters& parameters)
      : window_(static_cast<std::size_t>(parameters.get("window"))),
        max_padding_share_(parameters.get("max_padding_share")),
        target_(static_cast<std::int64_t>(parameters.get("target_ms") * 1e6)) {}

  [[nodiscard]] std::vector<std::size_t> next(std::span<const BatchCandidate> waiting,
                                              const BatchLimits& limits) override {
    const bool images = waiting.front().visual_tokens > 0;
    std::vector<std::size_t> pool;
    for (std::size_t i = 0; i < std::min(waiting.size(), window_); ++i) {
      if ((waiting[i].visual_tokens > 0) == images) pool.push_back(i);
    }
    BatchLimits within = limits;
    if (budget_ > 0)
      within.max_complexity = limits.max_complexity > 0 ? std::min(limits.max_complexity, budget_) : budget_;
    std::vector<std::size_t> chosen = nearest_lengths(waiting, std::move(pool), within);
    trim(waiting, chosen);
    return chosen;
  }

  void observe(const BatchFacts& facts) override {
    if (facts.complexity <= 0) return;
    largest_ = std::max(largest_, facts.complexity);
    if (facts.elapsed > target_) {
      budget_ = facts.complexity / 2;
    } else if (budget_ > 0) {
      budget_ += largest_ / 16;
    }
  }

 private:
  // Leaves out whoever is farthest in length from the most urgent one until little enough is padded.
  void trim(std::span<const BatchCandidate> waiting, std::vector<std::size_t>& chosen) const {
    while (chosen.size() > 1) {
      std::uint64_t longest = 0;
      std::uint64_t real = 0;
      for (const std::size_t i : chosen) {
        longest = std::max(longest, waiting[i].tokens());
        real += waiting[i].tokens();
      }
      const auto padded = static_cast<double>(longest * chosen.size());
      if (padded - static_cast<double>(real) <= max_padding_share_ * padded) return;
      const std::uint64_t head = waiting.front().tokens();
      const auto farther = [&](std::size_t a, std::size_t b) {
        return distance(waiting[a].tokens(), head) < distance(waiting[b].tokens(), head);
      };
      chosen.erase(std::max_element(chosen.begin() + 1, chosen.end(), farther));
    }
  }
  [[nodiscard]] static std::uint64_t distance(std::uint64_t a, std::uint64_t b) {
    return a > b ? a - b : b - a;
  }

  std::size_t window_;
  double max_padding_share_;
  Nanoseconds target_;
  double budget_ = 0;   // 0: no batch was too slow yet
  double largest_ = 0;  // complexity seen
};

}  // namespace

CACHEBENCH_REGISTER(
    BatcherDescriptor,
    {.name = "adaptive",
     .doc = "by kind and length, in batches as large as the time they are seen to take allows",
     .parameters = {{"window", 128, 1, 4096, "requests that are looked at"},
                    {"max_padding_share", 0.25, 0, 1, "padding in a batch, as a share of its tokens"},
                    {"target_ms", 2000, 0.001, 3.6e6, "time a batch should take, milliseconds"}},
     .make = [](const Parameters& parameters) -> std::unique_ptr<Batcher> {
       return std::make_unique<Adaptive>(parameters);
     }});

}  // namespace cachebench::pipeline

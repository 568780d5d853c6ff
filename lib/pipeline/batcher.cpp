// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batcher.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/check.h"

namespace cachebench::pipeline {
namespace {

/// A batch to be, and what it pads.
struct Choice {
  std::vector<std::size_t> members;  // ascending
  std::uint64_t padding = 0;
};

// The first, and with it as many as fit of those no longer than pool[longest]: the longest of them, which pad
// least. Nothing when pool[longest] itself does not fit.
std::optional<Choice> choice_up_to(std::span<const BatchCandidate> waiting,
                                   const std::vector<std::size_t>& pool, const BatchLimits& limits,
                                   std::size_t longest) {
  BatchFill fill(waiting, limits);
  fill.add(0);
  if (pool[longest] != 0 && !fill.add(pool[longest])) return std::nullopt;
  for (std::size_t at = longest; at-- > 0 && !fill.full();) {
    if (pool[at] != 0) fill.add(pool[at]);
  }
  Choice choice{.members = fill.take()};
  for (const std::size_t i : choice.members)
    choice.padding += waiting[pool[longest]].tokens() - waiting[i].tokens();
  return choice;
}

}  // namespace

double complexity_of(const BatchCandidate& candidate, const ComplexityWeights& weights) {
  return weights.text_weight * static_cast<double>(candidate.text_tokens) +
         weights.image_weight * static_cast<double>(candidate.visual_tokens);
}

std::unique_ptr<Batcher> make_batcher(const NamedParameters& spec) {
  const BatcherDescriptor& descriptor = BatcherRegistry::instance().at(spec.name, "batcher");
  Parameters parameters(descriptor.parameters);
  for (const auto& [name, value] : spec.values) parameters.set(name, value);
  return descriptor.make(parameters);
}

bool BatchFill::add(std::size_t candidate) {
  const BatchCandidate& next = waiting_[candidate];
  const double complexity = complexity_ + complexity_of(next, limits_.weights);
  const Bytes memory = memory_ + next.memory;
  if (!chosen_.empty()) {
    if (full()) return false;
    if (limits_.max_complexity > 0 && complexity > limits_.max_complexity) return false;
    if (limits_.max_memory > Bytes{0} && memory > limits_.max_memory) return false;
  }
  chosen_.push_back(candidate);
  complexity_ = complexity;
  memory_ = memory;
  return true;
}

std::vector<std::size_t> BatchFill::take() {
  std::sort(chosen_.begin(), chosen_.end());
  return std::move(chosen_);
}

std::vector<std::size_t> nearest_lengths(std::span<const BatchCandidate> waiting,
                                         std::vector<std::size_t> pool, const BatchLimits& limits) {
  CACHEBENCH_CHECK(!pool.empty());
  std::sort(pool.begin(), pool.end(), [&](std::size_t a, std::size_t b) {
    const auto key = [&](std::size_t i) { return std::pair(waiting[i].tokens(), i); };
    return key(a) < key(b);
  });
  const auto found = std::find(pool.begin(), pool.end(), std::size_t{0});
  CACHEBENCH_CHECK(found != pool.end(), "the most urgent request is not in the pool");
  const auto head = static_cast<std::size_t>(found - pool.begin());
  Choice best{.members = {0}};
  for (std::size_t longest = head; longest < pool.size(); ++longest) {
    std::optional<Choice> choice = choice_up_to(waiting, pool, limits, longest);
    if (!choice) continue;
    // More requests in one pass before less padding.
    const std::size_t size = choice->members.size();
    if (size > best.members.size() || (size == best.members.size() && choice->padding < best.padding))
      best = std::move(*choice);
  }
  return std::move(best.members);
}

}  // namespace cachebench::pipeline

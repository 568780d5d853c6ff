// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batcher.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/check.h"

namespace cachebench::pipeline {
namespace {

/// A run of the pool in order of length: [begin, end) of it, and what it costs.
struct Run {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t padding = 0;
};

// The longest run that ends before `end`, contains `head` and stays within the limits, the candidates taken
// from the head outwards.
std::optional<Run> run_ending_at(std::span<const BatchCandidate> waiting,
                                 const std::vector<std::size_t>& pool, const BatchLimits& limits,
                                 std::size_t head, std::size_t end) {
  BatchFill fill(waiting, limits);
  Run run{.begin = end, .end = end};
  std::uint64_t real = 0;
  for (std::size_t at = end; at-- > 0 && !fill.full();) {
    if (!fill.add(pool[at])) break;
    real += waiting[pool[at]].tokens();
    run.begin = at;
  }
  if (run.begin > head) return std::nullopt;
  run.padding = waiting[pool[end - 1]].tokens() * (end - run.begin) - real;
  return run;
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
  // The first alone always is one; more requests in one pass before less padding.
  Run best{.begin = head, .end = head + 1};
  for (std::size_t end = head + 1; end <= std::min(pool.size(), head + limits.max_requests); ++end) {
    const std::optional<Run> run = run_ending_at(waiting, pool, limits, head, end);
    if (!run) continue;
    const std::size_t size = run->end - run->begin;
    const std::size_t best_size = best.end - best.begin;
    if (size > best_size || (size == best_size && run->padding < best.padding)) best = *run;
  }
  std::vector<std::size_t> chosen(pool.begin() + static_cast<std::ptrdiff_t>(best.begin),
                                  pool.begin() + static_cast<std::ptrdiff_t>(best.end));
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/variable_batch_processor.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.h"
#include "core/error.h"

namespace cachebench::pipeline {
namespace {

BatchLimits checked(const BatchLimits& limits) {
  if (limits.max_requests == 0)
    throw Error(ErrorKind::kUsage, "max_batch_size: 0, a batch holds at least 1 request");
  const auto sensible = [](double weight) { return std::isfinite(weight) && weight >= 0; };
  if (!sensible(limits.weights.text_weight) || !sensible(limits.weights.image_weight) ||
      !sensible(limits.max_complexity))
    throw Error(ErrorKind::kUsage, "text_weight, image_weight and the limit of complexity: 0 or more");
  return limits;
}

}  // namespace

double PaddingAccount::waste_share() const {
  return padded_tokens == 0 ? 0 : static_cast<double>(wasted_tokens()) / static_cast<double>(padded_tokens);
}

void PaddingAccount::add(const BatchFacts& facts) {
  ++batches;
  requests += facts.requests;
  real_tokens += facts.real_tokens;
  padded_tokens += facts.padded_tokens;
}

BatchFacts facts_of(std::span<const BatchCandidate> members, const ComplexityWeights& weights) {
  BatchFacts facts;
  std::uint64_t longest = 0;
  for (const BatchCandidate& member : members) {
    ++facts.requests;
    facts.real_tokens += member.tokens();
    facts.complexity += complexity_of(member, weights);
    longest = std::max(longest, member.tokens());
  }
  facts.padded_tokens = longest * facts.requests;
  return facts;
}

VariableBatchProcessor::VariableBatchProcessor(const BatchingOptions& options)
    : limits_(checked(options.limits)),
      batcher_(make_batcher(options.variable_batch_size ? options.batcher
                                                        : NamedParameters{.name = "arrival", .values = {}})) {
}

std::vector<std::size_t> VariableBatchProcessor::next_batch(std::span<const BatchCandidate> waiting) {
  return next_batch(waiting, limits_);
}

std::vector<std::size_t> VariableBatchProcessor::next_batch(std::span<const BatchCandidate> waiting,
                                                            const BatchLimits& limits) {
  CACHEBENCH_CHECK(!waiting.empty());
  std::vector<std::size_t> batch = batcher_->next(waiting, limits);
  CACHEBENCH_CHECK(!batch.empty() && batch.front() == 0 && batch.size() <= limits.max_requests &&
                       batch.back() < waiting.size(),
                   "a batch of {} of {} waiting", batch.size(), waiting.size());
  return batch;
}

std::vector<std::vector<std::size_t>> VariableBatchProcessor::process(std::span<const BatchCandidate> all) {
  std::vector<std::size_t> left(all.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  std::vector<BatchCandidate> waiting(all.begin(), all.end());
  std::vector<std::vector<std::size_t>> batches;
  while (!waiting.empty()) {
    const std::vector<std::size_t> chosen = next_batch(waiting);
    std::vector<std::size_t>& batch = batches.emplace_back();
    std::vector<BatchCandidate> members;
    for (const std::size_t i : chosen) {
      batch.push_back(left[i]);
      members.push_back(waiting[i]);
    }
    account(members, Nanoseconds{0});
    for (auto i = chosen.rbegin(); i != chosen.rend(); ++i) {
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(*i));
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(*i));
    }
  }
  return batches;
}

bool VariableBatchProcessor::is_full(std::span<const BatchCandidate> waiting,
                                     std::span<const std::size_t> batch) const {
  BatchFill fill(waiting, limits_);
  for (const std::size_t i : batch) fill.add(i);
  for (std::size_t i = 0, at = 0; i < waiting.size() && !fill.full(); ++i) {
    if (at < batch.size() && batch[at] == i) {
      ++at;
    } else if (!fill.add(i)) {
      return true;
    }
  }
  return fill.full();
}

void VariableBatchProcessor::account(std::span<const BatchCandidate> members, Nanoseconds elapsed) {
  BatchFacts facts = facts_of(members, limits_.weights);
  facts.elapsed = elapsed;
  padding_.add(facts);
  if (elapsed > Nanoseconds{0}) batcher_->observe(facts);
}

}  // namespace cachebench::pipeline

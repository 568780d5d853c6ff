// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/reuse_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/check.h"

namespace cachebench::policy {
namespace {

float rounded_up(std::int64_t value) {
  const auto nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) >= static_cast<double>(value)) return nearest;
  return std::nextafter(nearest, std::numeric_limits<float>::infinity());
}

float rounded_down(std::uint64_t value) {
  const auto nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) <= static_cast<double>(value)) return nearest;
  return std::nextafter(nearest, 0.0F);
}

std::int64_t whole(double ns) {
  return static_cast<std::int64_t>(std::ceil(ns));
}

}  // namespace

ReuseReference ReuseTable::pack(const ReuseFacts& facts) {
  ReuseReference reference{.value = rounded_up(facts.recompute.count()),
                           .saved = {},
                           .bytes = rounded_down(facts.bytes.value),
                           .since = facts.since,
                           .needs = std::min(facts.needs, kNeverCovered)};
  for (std::size_t t = 0; t < tiers_; ++t) {
    reference.saved[t] = rounded_up((facts.recompute - facts.fetch[t]).count());
  }
  reference.needs |= static_cast<std::uint32_t>(facts.covers) << 30U;
  if (facts.since == kNoStep) ++first_references_;
  CACHEBENCH_CHECK(references_.size() < kNoStep, "more references than a bound is made for");
  return reference;
}

double ReuseTable::best_saved(const ReuseFacts& facts) const {
  if (facts.since == kNoStep) return kNotHeld;
  const auto least = std::min_element(facts.fetch.begin(), facts.fetch.begin() + static_cast<int>(tiers_));
  return static_cast<double>((facts.recompute - *least).count());
}

void ReuseTable::add_request(std::span<const ReuseFacts> references, std::size_t chain) {
  CACHEBENCH_CHECK(begins_.size() == step_ - first_step_, "requests and plain accesses in one table");
  begins_.push_back(static_cast<std::uint32_t>(references_.size()));
  chains_.push_back(static_cast<std::uint32_t>(chain));
  const std::span<Choice> choices = choice_.start(references.size(), chain);
  for (std::size_t i = 0; i < references.size(); ++i) {
    const ReuseFacts& facts = references[i];
    references_.push_back(pack(facts));
    choices[i] = {.net = best_saved(facts),
                  .value = static_cast<double>(facts.recompute.count()),
                  .needs = std::min(facts.needs, kNeverCovered),
                  .covers = facts.covers};
  }
  infinite_saved_ns_ += whole(choice_.solve());
  ++step_;
}

void ReuseTable::add_access(const ReuseFacts& reference) {
  references_.push_back(pack(reference));
  infinite_saved_ns_ += whole(std::max(best_saved(reference), 0.0));
  ++step_;
}

void ReuseTable::skip_step() {
  CACHEBENCH_CHECK(references_.empty(), "a step is skipped after counting has begun");
  ++step_;
  first_step_ = step_;
}

ReuseTable::RequestView ReuseTable::request(std::size_t i) const {
  const std::size_t begin = begins_[i];
  const std::size_t end = i + 1 < begins_.size() ? begins_[i + 1] : references_.size();
  return {.references = std::span(references_).subspan(begin, end - begin),
          .chain = chains_[i],
          .step = first_step_ + static_cast<std::uint32_t>(i)};
}

}  // namespace cachebench::policy

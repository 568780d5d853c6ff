// SPDX-License-Identifier: Apache-2.0
#include "bench/run/request_run.h"

#include <algorithm>
#include <utility>

#include "bench/run/workload.h"

namespace cachebench::bench {

cache::EntryDescription RequestRun::describe(const model::Artefact& artefact) const {
  return {.key = artefact.key,
          .kind = artefact.kind,
          .meta = artefact.meta,
          .bytes = artefact.bytes,
          .recompute = costs_.recompute(artefact.work).total(),
          .depth = artefact.depth};
}

cache::AccessContext RequestRun::context_of(const model::Plan& plan, std::size_t artefact) const {
  cache::AccessContext context{.request = request_of(plan), .next_use = policy::kNeverUsed};
  const std::uint64_t reference = plan.first_reference + artefact;
  if (reference < future_.size() && future_[reference] != kNoReference) context.next_use = future_[reference];
  return context;
}

// A look-up that took this long may have been interrupted; asking takes a call of the kernel, after it.
void RequestRun::note_waits(Reference& reference) {
  constexpr Nanoseconds kLong{4'000};
  const Nanoseconds handed_over = reference.result.handed_over;
  const Nanoseconds taken = reference.answered_at - reference.asked_at - handed_over;
  if (taken > kLong && handed_over.count() == 0)
    reference.off_processor = std::min(off_processor_.since_begin(), taken);
  if (taken > kLong || handed_over.count() > 0) off_processor_.begin();
}

bool RequestRun::probe(const model::Plan& plan, std::size_t index) {
  const cache::EntryDescription what = describe(plan.artefacts[index]);
  Reference reference{.artefact = index, .result = {}, .before = looked_up_++};
  if (clock_ != nullptr) reference.asked_at = clock_->now();
  const cache::AccessContext context = context_of(plan, index);
  reference.result = multimodal_ != nullptr ? multimodal_->lookup(plan.artefacts[index], what, context)
                                            : manager_.lookup(what, context);
  if (clock_ != nullptr) {
    reference.answered_at = clock_->now();
    note_waits(reference);
  }
  if (reference.result.joined) {
    joins_.push_back(std::move(reference));
    return true;  // it will be there: what it covers is not needed
  }
  const bool hit = reference.result.decision.hit;
  (hit ? hits_ : misses_).push_back(std::move(reference));
  return hit;
}

void RequestRun::look_up(const model::Plan& plan) {
  looked_up_ = 0;
  if (clock_ != nullptr) off_processor_.begin();
  model::walk(
      plan, [&](std::size_t i) { return probe(plan, i); },
      [&](std::size_t i, model::Outcome outcome) {
        const bool covered = outcome == model::Outcome::kCovered;
        manager_.account_skipped(describe(plan.artefacts[i]),
                                 covered ? cache::Skipped::kCovered : cache::Skipped::kBehindGap,
                                 context_of(plan, i));
        if (!covered) misses_.push_back({.artefact = i, .result = {}});
      });
}

void RequestRun::look_up_one(const model::Plan& plan, std::size_t artefact) {
  if (artefact == 0) looked_up_ = 0;
  if (clock_ != nullptr) off_processor_.begin();
  (void)probe(plan, artefact);
}

cache::PutResult RequestRun::put(const model::Artefact& artefact, const TensorView* content,
                                 const cache::FlightPtr& owned) {
  const cache::EntryDescription what = describe(artefact);
  return multimodal_ != nullptr ? multimodal_->put(artefact, what, content, owned)
                                : manager_.put(what, content, owned);
}

void RequestRun::finish() {
  hits_.clear();
  misses_.clear();
  joins_.clear();
}

}  // namespace cachebench::bench

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/async/pending_requests.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/check.h"
#include "pipeline/running_request.h"

namespace cachebench::pipeline {
namespace {

bool goes_before(const PendingPtr& a, const PendingPtr& b) {
  if (a->request.priority != b->request.priority) return a->request.priority > b->request.priority;
  return a->arrival < b->arrival;
}

// Smaller is worth less: low priority, early deadline, late arrival.
auto worth(const PendingPtr& pending) {
  const Nanoseconds never = Nanoseconds::max();
  return std::tuple(pending->request.priority, pending->request.deadline.value_or(never),
                    std::numeric_limits<std::uint64_t>::max() - pending->arrival);
}

}  // namespace

void PendingRequests::push(PendingPtr request) {
  CACHEBENCH_CHECK(!full(), "{} of {} waiting", size(), capacity_);
  const auto at = std::upper_bound(waiting_.begin(), waiting_.end(), request, goes_before);
  waiting_.insert(at, std::move(request));
  order_.clear();
}

PendingPtr PendingRequests::shed_for(PendingPtr newcomer) {
  CACHEBENCH_CHECK(full(), "{} of {} waiting", size(), capacity_);
  const auto least =
      std::min_element(waiting_.begin(), waiting_.end(),
                       [](const PendingPtr& a, const PendingPtr& b) { return worth(a) < worth(b); });
  if (!(worth(*least) < worth(newcomer))) return newcomer;
  PendingPtr victim = std::move(*least);
  waiting_.erase(least);
  push(std::move(newcomer));
  return victim;
}

std::vector<PendingPtr> PendingRequests::take_unwanted(Nanoseconds now) {
  const auto kept = std::stable_partition(waiting_.begin(), waiting_.end(), [&](const PendingPtr& pending) {
    return !unwanted(pending->request, now).has_value();
  });
  std::vector<PendingPtr> taken(std::make_move_iterator(kept), std::make_move_iterator(waiting_.end()));
  waiting_.erase(kept, waiting_.end());
  order_.clear();
  return taken;
}

std::span<const BatchCandidate> PendingRequests::candidates(Nanoseconds now) {
  order_.resize(waiting_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  const auto overdue = [&](std::size_t i) { return now - waiting_[i]->submitted >= max_wait_; };
  const auto rest = std::stable_partition(order_.begin(), order_.end(), overdue);
  std::sort(order_.begin(), rest,
            [&](std::size_t a, std::size_t b) { return waiting_[a]->arrival < waiting_[b]->arrival; });
  candidates_.clear();
  for (const std::size_t i : order_) candidates_.push_back(waiting_[i]->candidate);
  return candidates_;
}

std::vector<PendingPtr> PendingRequests::take(std::span<const std::size_t> chosen) {
  std::vector<PendingPtr> taken;
  for (const std::size_t i : chosen) {
    CACHEBENCH_CHECK(i < order_.size(), "number {} of {} candidates", i, order_.size());
    taken.push_back(std::move(waiting_[order_[i]]));
  }
  std::erase_if(waiting_, [](const PendingPtr& pending) { return pending == nullptr; });
  order_.clear();
  return taken;
}

std::optional<Nanoseconds> PendingRequests::oldest_submission() const {
  std::optional<Nanoseconds> oldest;
  for (const PendingPtr& pending : waiting_) {
    if (!oldest || pending->submitted < *oldest) oldest = pending->submitted;
  }
  return oldest;
}

std::optional<Nanoseconds> PendingRequests::earliest_deadline() const {
  std::optional<Nanoseconds> earliest;
  for (const PendingPtr& pending : waiting_) {
    const std::optional<Nanoseconds>& deadline = pending->request.deadline;
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  }
  return earliest;
}

}  // namespace cachebench::pipeline

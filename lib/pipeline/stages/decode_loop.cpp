// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/decode_loop.h"

#include <algorithm>

#include "pipeline/isolate.h"

namespace cachebench::pipeline {
namespace {

bool all_computed(std::span<InferenceMember* const> members) {
  return std::all_of(members.begin(), members.end(), [](const auto* member) { return member->computed; });
}

}  // namespace

void DecodeLoop::compute(std::span<InferenceMember* const> members) {
  try {
    const MutexLock lock(mutex_);
    arrived_.insert(arrived_.end(), members.begin(), members.end());
  } catch (...) {  // memory is out
    const std::string reason = error_in_flight().what();
    for (InferenceMember* member : members) member->running.fail(reason);
    return;
  }
  for (;;) {
    {
      const MutexLock lock(mutex_);
      while (driven_ && !all_computed(members)) changed_.wait(mutex_);
      if (all_computed(members)) return;
      driven_ = true;
    }
    // Only the driver changes `computed`, so it may look without the lock.
    while (!all_computed(members)) round();
    const MutexLock lock(mutex_);
    driven_ = false;
    changed_.notify_all();
  }
}

void DecodeLoop::round() {
  try {
    admit();
    run_.step();
  } catch (...) {  // memory is out
    fail(error_in_flight().what());
  }
  publish();
}

// Whoever is taken out of the queue is inside at once, so that no exception loses anybody.
void DecodeLoop::admit() {
  const std::size_t before = inside_.size();
  {
    const MutexLock lock(mutex_);
    while (!arrived_.empty() && run_.may_grow() && run_.active() + inside_.size() - before < slots_) {
      inside_.push_back(arrived_.front());
      arrived_.pop_front();
    }
  }
  const auto joining = std::span<InferenceMember* const>(inside_).subspan(before);
  if (joining.empty()) return;
  if (run_.active() > 0)
    context_.counts.update([&](InferenceCounts::Values& counts) { counts.joined += joining.size(); });
  run_.admit(joining);
}

// Nobody else could end those who have arrived where there is nobody inside.
void DecodeLoop::fail(const std::string& reason) {
  run_.fail(reason);
  for (InferenceMember* member : inside_) member->running.fail(reason);
  if (!inside_.empty()) return;
  const MutexLock lock(mutex_);
  for (InferenceMember* member : arrived_) {
    member->running.fail(reason);
    member->computed = true;
  }
  arrived_.clear();
  changed_.notify_all();
}

void DecodeLoop::publish() {
  const auto ended = std::partition(inside_.begin(), inside_.end(),
                                    [](const auto* member) { return !member->running.ended(); });
  if (ended == inside_.end()) return;
  const MutexLock lock(mutex_);
  for (auto member = ended; member != inside_.end(); ++member) (*member)->computed = true;
  inside_.erase(ended, inside_.end());
  changed_.notify_all();
}

}  // namespace cachebench::pipeline

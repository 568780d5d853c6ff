// SPDX-License-Identifier: Apache-2.0
#include "cache/copy.h"

#include <cstring>

#include "cache/lock_watch.h"
#include "core/check.h"
#include "core/clock.h"

namespace cachebench::cache {

std::uint64_t SpaceGate::generation() const {
  const MutexLock lock(mutex_);
  return generation_;
}

void SpaceGate::when_changed(std::uint64_t seen, std::function<void()> job) {
  {
    const MutexLock lock(mutex_);
    if (generation_ == seen) {
      parked_.push_back(std::move(job));
      return;
    }
  }
  job();
}

void SpaceGate::notify() {
  std::vector<std::function<void()>> woken;
  {
    const MutexLock lock(mutex_);
    ++generation_;
    woken.swap(parked_);
  }
  for (const auto& job : woken) job();
}

Copy::Copy(tier::Plane& plane, SpaceGate& gate, const tier::Recovered& recovered)
    : plane_(plane),
      gate_(gate),
      info_(recovered.info),
      bytes_(recovered.block.bytes),
      block_(recovered.block) {
  const MutexLock lock(mutex_);
  completion_ = tier::Completion{};
}

Copy::~Copy() {
  if (!block_) return;
  plane_.release(*block_);
  gate_.notify();
}

void Copy::leave_on_plane() {
  if (plane_.medium() == hardware::Medium::kSsd) block_.reset();
}

bool Copy::allocate() {
  if (!block_) block_ = plane_.allocate(bytes_);
  return block_.has_value();
}

tier::Ticket Copy::read(std::span<std::byte> out) const {
  check_no_decision_lock("a read");
  if (block_) return plane_.read(*block_, out);
  if (staging_ && bytes_.value > 0) std::memcpy(out.data(), staging_->span().data(), bytes_.value);
  return {};
}

std::span<const std::byte> Copy::host_view() const {
  if (block_) return plane_.host_view(*block_);
  return staging_ ? staging_->span().first(bytes_.value) : std::span<std::byte>{};
}

void Copy::settle(const tier::Completion& completion) {
  std::vector<std::function<void()>> woken;
  {
    const MutexLock lock(mutex_);
    CACHEBENCH_CHECK(!completion_, "a copy settles once");
    completion_ = completion;
    completion_->finished_at = RealClock().now();
    woken.swap(waiting_);
  }
  settled_.notify_all();
  for (const auto& job : woken) job();
}

tier::Completion Copy::wait() const {
  check_no_decision_lock("waiting for a copy");
  const MutexLock lock(mutex_);
  while (!completion_) settled_.wait(mutex_);
  return *completion_;
}

bool Copy::is_settled() const {
  const MutexLock lock(mutex_);
  return completion_.has_value();
}

void Copy::when_settled(std::function<void()> job) {
  {
    const MutexLock lock(mutex_);
    if (!completion_) {
      waiting_.push_back(std::move(job));
      return;
    }
  }
  job();
}

}  // namespace cachebench::cache

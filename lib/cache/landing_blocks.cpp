// SPDX-License-Identifier: Apache-2.0
#include "cache/landing_blocks.h"

#include "core/check.h"

namespace cachebench::cache {

LandingBlocks::LandingBlocks(tier::Plane& plane, SpaceGate& gate, Bytes size)
    : plane_(plane), gate_(gate), size_(size) {
  if (size_.value == 0 || plane.medium() == hardware::Medium::kSsd) return;
  if (const auto block = plane_.allocate(size_)) {
    idle_.push_back(*block);
    taken_ = 1;
  }
}

LandingBlocks::~LandingBlocks() {
  const MutexLock lock(mutex_);
  CACHEBENCH_CHECK(idle_.size() == taken_, "{} landing blocks are in use", taken_ - idle_.size());
  for (const tier::Block& block : idle_) plane_.release(block);
}

tier::Block LandingBlocks::take() {
  const MutexLock lock(mutex_);
  if (taken_ == 0) return {};
  if (idle_.empty()) {
    if (const auto block = plane_.allocate(size_)) {
      ++taken_;
      return *block;
    }
  }
  ++waiting_;
  while (idle_.empty()) returned_.wait(mutex_);
  --waiting_;
  const tier::Block block = idle_.back();
  idle_.pop_back();
  return block;
}

void LandingBlocks::give_back(const tier::Block& block) {
  if (block.bytes.value == 0) return;
  {
    const MutexLock lock(mutex_);
    if (taken_ == 1 || waiting_ > 0) {
      idle_.push_back(block);
      returned_.notify_one();
      return;
    }
    --taken_;
  }
  plane_.release(block);  // the room is wanted elsewhere
  gate_.notify();
}

}  // namespace cachebench::cache

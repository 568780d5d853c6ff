// SPDX-License-Identifier: Apache-2.0
#include "cache/transfer_progress.h"

#include <utility>

namespace cachebench::cache {

void TransferProgress::planned(Direction direction, Bytes bytes) {
  const MutexLock lock(mutex_);
  ++under_way_;
  if (direction == Direction::kDown) backlog_ += bytes;
}

void TransferProgress::finished(Direction direction, Bytes bytes) {
  const MutexLock lock(mutex_);
  --under_way_;
  if (direction == Direction::kDown) backlog_ -= bytes;
  changed_.notify_all();  // under the lock: whoever waits may destroy this as soon as it wakes
}

void TransferProgress::began() {
  const MutexLock lock(mutex_);
  ++active_;
}

bool TransferProgress::ended() {
  const MutexLock lock(mutex_);
  --active_;
  if (active_ > 0 || parked_ == 0) return false;
  force_ = true;
  return true;
}

void TransferProgress::parked() {
  const MutexLock lock(mutex_);
  ++parked_;
}

void TransferProgress::unparked() {
  const MutexLock lock(mutex_);
  --parked_;
}

void TransferProgress::found_room() {
  const MutexLock lock(mutex_);
  force_ = false;
}

bool TransferProgress::take_force() {
  const MutexLock lock(mutex_);
  return std::exchange(force_, false);
}

void TransferProgress::wait_for_backlog(Bytes bound) const {
  const MutexLock lock(mutex_);
  while (backlog_ > bound) changed_.wait(mutex_);
}

void TransferProgress::wait_idle() const {
  const MutexLock lock(mutex_);
  while (under_way_ > 0) changed_.wait(mutex_);
}

}  // namespace cachebench::cache

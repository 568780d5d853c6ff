// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/kv_room.h"

#include <utility>

namespace cachebench::pipeline {

void KvRoom::end_try(Holder& holder) {
  if (!holder.trying_) return;
  holder.trying_ = trying_ = false;
  changed_.notify_all();
}

bool KvRoom::may_try(const Holder& holder) const {
  const bool first = queue_.front() == holder.ticket_;
  return first && !trying_ && (holders_ == 0 || returned_ != holder.seen_);
}

void KvRoom::Holder::enter() {
  const MutexLock lock(room_.mutex_);
  if (inside_) return;
  inside_ = true;
  ++room_.holders_;
  ++room_.entered_;
}

void KvRoom::Holder::took() {
  const MutexLock lock(room_.mutex_);
  took_ = inside_;
}

// A try that got nothing gives nothing back: two batches that both lack room would else wake one another for
// ever.
void KvRoom::Holder::leave() {
  const MutexLock lock(room_.mutex_);
  room_.end_try(*this);
  if (!inside_) return;
  inside_ = false;
  --room_.holders_;
  if (std::exchange(took_, false)) {
    ++room_.returned_;
    ++seen_;
  }
  room_.changed_.notify_all();
}

void KvRoom::Holder::tried() {
  const MutexLock lock(room_.mutex_);
  room_.end_try(*this);
}

void KvRoom::Holder::gave_back() {
  const MutexLock lock(room_.mutex_);
  ++room_.returned_;
  ++seen_;
  room_.changed_.notify_all();
}

void KvRoom::Holder::mark() {
  const MutexLock lock(room_.mutex_);
  alone_ = room_.holders_ == (inside_ ? 1U : 0U);
  entered_ = room_.entered_;
  seen_ = room_.returned_;
}

bool KvRoom::Holder::was_alone() const {
  const MutexLock lock(room_.mutex_);
  return alone_ && entered_ == room_.entered_;
}

bool KvRoom::Holder::wait_turn(std::chrono::milliseconds a_while) {
  leave();
  const MutexLock lock(room_.mutex_);
  if (!queued_) {
    queued_ = true;
    room_.queue_.push_back(ticket_ = room_.next_ticket_++);
  }
  if (!room_.may_try(*this)) static_cast<void>(room_.changed_.wait_for(room_.mutex_, a_while));
  if (!room_.may_try(*this)) return false;
  room_.queue_.pop_front();
  queued_ = false;
  trying_ = room_.trying_ = true;
  inside_ = true;
  ++room_.holders_;
  ++room_.entered_;
  return true;
}

void KvRoom::Holder::give_up() {
  leave();
  const MutexLock lock(room_.mutex_);
  if (!std::exchange(queued_, false)) return;
  std::erase(room_.queue_, ticket_);
  room_.changed_.notify_all();
}

}  // namespace cachebench::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/sync.h"

/// The runner's room for keys and values, as batches share it that are computed at the same time. Whoever
/// finds too little waits until another batch gives some back, in the order of asking, and holds none
/// meanwhile: so somebody always goes on. Nobody fails for room that another holds; who lacks it though no
/// other batch held any is too large by itself. Outlives its holders. Thread-safe.
namespace cachebench::pipeline {

class KvRoom {
 public:
  /// A batch's part in it. One thread at a time; ends its part when it goes.
  class Holder {
   public:
    explicit Holder(KvRoom& room) : room_(room) {}
    ~Holder() { give_up(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    /// From now on the batch may hold some. Nothing where it does already.
    void enter();
    /// It got some.
    void took();
    /// It holds none any more. That tells those who wait of room only where it took some.
    void leave();
    /// It has given some back, and goes on.
    void gave_back();
    /// Before a pass that takes room: `was_alone` says whether any other batch could hold some from then on.
    void mark();
    [[nodiscard]] bool was_alone() const;
    /// Whoever's turn it was has found out; it holds what it got.
    void tried();
    /// Holds nothing until it is its turn to try again, and somebody gave room back or nobody else holds any;
    /// then as `enter`. False, without a turn, when a while has passed: look at deadlines, and ask again.
    [[nodiscard]] bool wait_turn(std::chrono::milliseconds a_while);
    /// Takes no further part in the queue: who waited has ended.
    void give_up();

   private:
    KvRoom& room_;
    bool inside_ = false;
    bool took_ = false;
    bool queued_ = false;
    bool trying_ = false;
    std::uint64_t ticket_ = 0;
    std::uint64_t seen_ = 0;     // how often room had been given back by then, and by itself since
    bool alone_ = true;          // at the mark,
    std::uint64_t entered_ = 0;  // and who had come by then
    friend class KvRoom;
  };

 private:
  void end_try(Holder& holder) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] bool may_try(const Holder& holder) const CACHEBENCH_REQUIRES(mutex_);

  mutable Mutex mutex_;
  CondVar changed_;
  std::size_t holders_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::uint64_t entered_ CACHEBENCH_GUARDED_BY(mutex_) = 0;   // times that somebody began to hold some
  std::uint64_t returned_ CACHEBENCH_GUARDED_BY(mutex_) = 0;  // times that some was given back
  std::deque<std::uint64_t> queue_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t next_ticket_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  bool trying_ CACHEBENCH_GUARDED_BY(mutex_) = false;  // somebody whose turn it is has not found out yet
};

}  // namespace cachebench::pipeline

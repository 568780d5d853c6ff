// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/byte_queues.h"
#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Low inter-reference recency set: entries whose last two uses lay close together (LIR) hold almost all of
/// the capacity; the others (HIR) pass through a short queue and become LIR when they are used again before
/// they sink to the bottom of a recency stack, which also remembers some that have left. O(1) amortised, 32
/// bytes an id.
class Lirs final : public EvictionPolicy {
 public:
  Lirs(const EvictionContext& context, const Parameters& parameters)
      : lir_limit_(share_of(context.capacity, 1 - parameters.get("hir_ratio"))),
        stack_limit_(share_of(context.capacity, parameters.get("stack_ratio"))) {
    stack_nodes_.reserve(context.expected_entries);
    queue_nodes_.reserve(context.expected_entries);
  }

  void on_arrival(EntryId id, const AccessInfo& access) override {
    if (!stack_nodes_.linked(id)) return;
    // Used twice within the depth of the stack: LIR from now on, in the place of others.
    stack_nodes_.move_to_front(stack_, id);
    queue_nodes_.move_to_front(gone_, id);
    make_room_among_lir(access.bytes.value);
  }
  void on_insert(EntryId id, const AccessInfo& access) override {
    const std::uint64_t bytes = access.bytes.value;
    if (stack_nodes_.linked(id)) {
      queue_nodes_.erase(gone_, id);
      leave_stack(id);
      make_room_among_lir(bytes);
      enter_stack(id, bytes, true);
    } else {
      const bool is_lir = lir_bytes_ <= lir_limit_ && bytes <= lir_limit_ - lir_bytes_;
      enter_stack(id, bytes, is_lir);
      if (!is_lir) queue_nodes_.push_front(queue_, id);
    }
    limit_stack();
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    const std::uint64_t bytes = access.bytes.value;
    if (!stack_nodes_.linked(id)) {
      queue_nodes_.move_to_front(queue_, id);
      enter_stack(id, bytes, false);
    } else {
      const bool was_lir = is_lir(id);
      leave_stack(id);
      if (!was_lir) {
        queue_nodes_.erase(queue_, id);
        make_room_among_lir(bytes);
      }
      enter_stack(id, bytes, true);
      prune();
    }
    limit_stack();
  }
  void on_erase(EntryId id, EraseReason reason) override {
    const bool on_stack = stack_nodes_.linked(id);
    if (on_stack && is_lir(id)) {
      leave_stack(id);
      prune();
      return;
    }
    queue_nodes_.erase(queue_, id);
    if (!on_stack) return;
    if (reason == EraseReason::kEvicted) {
      queue_nodes_.push_front(gone_, id);
      stack_nodes_[id].status = OnStack::kGone;
      limit_stack();
    } else {
      leave_stack(id);
      prune();
    }
  }

  EntryId victim(const PinSet& pins) override {
    const EntryId id = queue_nodes_.last_unpinned(queue_, pins);
    return id != kNoEntry ? id : last_lir(pins);
  }
  void prefetch(EntryId id) const {
    stack_nodes_.prefetch(id);
    queue_nodes_.prefetch(id);
  }

 private:
  struct OnStack {
    std::uint64_t bytes = 0;
    enum : std::uint8_t { kLir, kHir, kGone } status = kHir;
  };

  [[nodiscard]] bool is_lir(EntryId id) const { return stack_nodes_[id].status == OnStack::kLir; }

  void enter_stack(EntryId id, std::uint64_t bytes, bool as_lir) {
    stack_nodes_.push_front(stack_, id);
    stack_nodes_[id] = {bytes, as_lir ? OnStack::kLir : OnStack::kHir};
    stack_bytes_ += bytes;
    if (as_lir) lir_bytes_ += bytes;
  }
  void leave_stack(EntryId id) {
    const std::uint64_t bytes = stack_nodes_[id].bytes;
    stack_nodes_.erase(stack_, id);
    stack_bytes_ -= bytes;
    if (is_lir(id)) lir_bytes_ -= bytes;
  }

  // LIR entries at the bottom of the stack become HIR ones at the end of the queue's line.
  void make_room_among_lir(std::uint64_t bytes) {
    while (lir_bytes_ > 0 && lir_bytes_ + bytes > lir_limit_) {
      prune();
      const EntryId bottom = stack_.back;
      leave_stack(bottom);
      queue_nodes_.push_front(queue_, bottom);
    }
    prune();
  }

  // A stack ends in a LIR entry: HIR ones below it could no longer become LIR before it does.
  void prune() {
    while (stack_.back != stack_.front && !is_lir(stack_.back)) drop_from_stack(stack_.back);
  }
  // Forgets the oldest of those gone while the stack is deeper than its limit.
  void limit_stack() {
    while (stack_bytes_ > stack_limit_ && gone_.back != kNoEntry) drop_from_stack(gone_.back);
  }
  void drop_from_stack(EntryId id) {
    leave_stack(id);
    if (stack_nodes_[id].status == OnStack::kGone) queue_nodes_.erase(gone_, id);
  }

  [[nodiscard]] EntryId last_lir(const PinSet& pins) const {
    EntryId id = stack_.back;
    while (id != kNoEntry && (!is_lir(id) || pins.is_pinned(id))) id = stack_nodes_.previous(id);
    return id;
  }

  std::uint64_t lir_limit_;
  std::uint64_t stack_limit_;
  std::uint64_t lir_bytes_ = 0;
  std::uint64_t stack_bytes_ = 0;
  LinkedNodes<OnStack> stack_nodes_;
  IndexList stack_;  // S of the paper, LIR and HIR entries, some of them gone
  IndexNodes queue_nodes_;
  IndexList queue_;  // Q of the paper: resident HIR entries
  IndexList gone_;   // HIR entries on the stack alone
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Lirs>(
        {.name = "lirs",
         .summary = "keeps entries whose last two uses lay close together",
         .source = "Jiang, Zhang: LIRS, an efficient low inter-reference recency set replacement policy, "
                   "SIGMETRICS 2002",
         .parameters = {{"hir_ratio", 0.01, 0, 1, "share of the capacity for entries not yet used twice"},
                        {"stack_ratio", 2, 1, 10,
                         "bytes on the recency stack, those gone included, as a share of the capacity"}}})});

}  // namespace
}  // namespace cachebench::policy

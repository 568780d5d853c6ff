// SPDX-License-Identifier: Apache-2.0
#include "tier/ticket.h"

#include <utility>

#include "core/check.h"

namespace cachebench::tier {

Ticket Ticket::completed(Completion completion) {
  Ticket ticket;
  // A plain success needs no state: that is what "no transfer" says too, and it saves an allocation.
  if (completion.status == TransferStatus::kDone && completion.service.count() == 0) return ticket;
  ticket.state_ = std::make_shared<State>();
  ticket.complete(std::move(completion));
  return ticket;
}

Ticket Ticket::pending() {
  Ticket ticket;
  ticket.state_ = std::make_shared<State>();
  return ticket;
}

void Ticket::complete(Completion completion) noexcept {
  CACHEBENCH_CHECK(state_ != nullptr, "a ticket without a transfer cannot complete");
  CACHEBENCH_CHECK(completion.status != TransferStatus::kFailed || completion.error != nullptr,
                   "a failed transfer says why");
  // Whoever waits may drop this very ticket as soon as it sees the completion.
  const std::shared_ptr<State> state = state_;
  {
    const MutexLock lock(state->mutex);
    CACHEBENCH_CHECK(!state->completion.has_value(), "a ticket completes once");
    state->completion = std::move(completion);
  }
  state->done.notify_all();
}

bool Ticket::is_complete() const {
  if (state_ == nullptr) return true;
  const MutexLock lock(state_->mutex);
  return state_->completion.has_value();
}

Completion Ticket::wait() const {
  if (state_ == nullptr) return {};
  const MutexLock lock(state_->mutex);
  while (!state_->completion.has_value()) state_->done.wait(state_->mutex);
  return *state_->completion;
}

}  // namespace cachebench::tier

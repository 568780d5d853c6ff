// SPDX-License-Identifier: Apache-2.0
#include "tier/ticket.h"

#include <doctest/doctest.h>

#include <exception>
#include <thread>
#include <vector>

#include "core/error.h"

namespace cachebench::tier {
namespace {

TEST_CASE("no transfer is complete and done") {
  const Ticket ticket;
  CHECK(ticket.is_complete());
  CHECK(ticket.wait().status == TransferStatus::kDone);
}

TEST_CASE("a completed ticket keeps what it was given") {
  CHECK(Ticket::completed().is_complete());
  const Ticket timed = Ticket::completed({.service = Nanoseconds{7}});
  CHECK(timed.is_complete());
  CHECK(timed.wait().service == Nanoseconds{7});
  const Ticket corrupt = Ticket::completed({.status = TransferStatus::kCorrupt});
  CHECK(corrupt.wait().status == TransferStatus::kCorrupt);
}

TEST_CASE("copies share the state, and every waiter is woken") {
  Ticket ticket = Ticket::pending();
  CHECK_FALSE(ticket.is_complete());
  std::vector<Nanoseconds> seen(4);
  std::vector<std::thread> waiters;
  for (Nanoseconds& slot : seen) {
    waiters.emplace_back([copy = ticket, &slot] { slot = copy.wait().service; });
  }
  ticket.complete({.service = Nanoseconds{42}});
  for (std::thread& waiter : waiters) waiter.join();
  for (const Nanoseconds service : seen) CHECK(service == Nanoseconds{42});
  CHECK(ticket.is_complete());
}

TEST_CASE("a failure crosses threads with its reason") {
  Ticket ticket = Ticket::pending();
  std::thread plane([copy = ticket]() mutable {
    copy.complete({.status = TransferStatus::kFailed,
                   .error = std::make_exception_ptr(Error(ErrorKind::kEnvironment, "disk full"))});
  });
  const Completion completion = ticket.wait();
  plane.join();
  CHECK(completion.status == TransferStatus::kFailed);
  CHECK_THROWS_WITH_AS(std::rethrow_exception(completion.error), "disk full", Error);
}

}  // namespace
}  // namespace cachebench::tier

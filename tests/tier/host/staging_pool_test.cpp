// SPDX-License-Identifier: Apache-2.0
#include "tier/host/staging_pool.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "tier/bounded_pinned.h"

namespace cachebench::tier {
namespace {

TEST_CASE("a lease has the pages asked for and is used again") {
  StagingPool pool({.bound = kMiB, .lock = PageLock::kOff});
  const std::byte* first = nullptr;
  {
    const StagingPool::Lease lease = pool.acquire(Bytes{70'000});
    CHECK(lease.span().size() == 73'728);
    CHECK(reinterpret_cast<std::uintptr_t>(lease.span().data()) % 4096 == 0);
    lease.span().back() = std::byte{1};
    first = lease.span().data();
    CHECK(pool.stats().leased == Bytes{131'072});
  }
  CHECK(pool.stats().leased == Bytes{0});
  const StagingPool::Lease again = pool.acquire(Bytes{131'072});
  CHECK(again.span().data() == first);
  CHECK(pool.stats().reused == 1);
  CHECK(pool.acquire(Bytes{0}).span().size() == 4096);
}

TEST_CASE("beyond the bound a lease is served and not kept") {
  StagingPool pool({.bound = Bytes{128 * 1024}, .lock = PageLock::kOff});
  {
    const StagingPool::Lease a = pool.acquire(Bytes{65'536});
    const StagingPool::Lease b = pool.acquire(Bytes{65'536});
    CHECK(pool.stats().beyond_bound == 0);
    const StagingPool::Lease c = pool.acquire(Bytes{65'536});
    c.span().back() = std::byte{1};
    CHECK(pool.stats().beyond_bound == 1);
    CHECK(pool.stats().peak == Bytes{3 * 65'536});
  }
  const StagingPool::Lease a = pool.acquire(Bytes{65'536});
  const StagingPool::Lease b = pool.acquire(Bytes{65'536});
  const StagingPool::Lease c = pool.acquire(Bytes{65'536});
  CHECK(pool.stats().reused == 2);
}

TEST_CASE("idle buffers of another size make room") {
  StagingPool pool({.bound = Bytes{256 * 1024}, .lock = PageLock::kOff});
  { const StagingPool::Lease large = pool.acquire(Bytes{256 * 1024}); }
  { const StagingPool::Lease small = pool.acquire(Bytes{65'536}); }
  CHECK(pool.stats().beyond_bound == 0);
  { const StagingPool::Lease small = pool.acquire(Bytes{65'536}); }
  CHECK(pool.stats().reused == 1);
  { const StagingPool::Lease large = pool.acquire(Bytes{256 * 1024}); }
  CHECK(pool.stats().reused == 1);
}

TEST_CASE("a lease moves") {
  StagingPool pool({.bound = kMiB, .lock = PageLock::kOff});
  StagingPool::Lease first = pool.acquire(Bytes{10});
  first.span()[3] = std::byte{9};
  StagingPool::Lease second = std::move(first);
  CHECK(second.span()[3] == std::byte{9});
  StagingPool::Lease third = pool.acquire(Bytes{20});
  third = std::move(second);
  CHECK(third.span()[3] == std::byte{9});
}

TEST_CASE("more than there can be is an error and leaves the accounts straight") {
  StagingPool pool(StagingPool::Options{});
  CHECK_THROWS_AS((void)pool.acquire(Bytes{std::uint64_t{1} << 50}), Error);
  CHECK(pool.stats().leased == Bytes{0});
}

TEST_CASE("threads never share a buffer") {
  StagingPool pool({.bound = Bytes{512 * 1024}, .lock = PageLock::kOff});
  std::vector<int> errors(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < errors.size(); ++t) {
    threads.emplace_back([&pool, &error = errors[t], t] {
      Rng rng(t);
      for (int i = 0; i < 300; ++i) {
        const StagingPool::Lease lease = pool.acquire(Bytes{1 + rng.below(300'000)});
        const auto mark = static_cast<std::byte>(t * 50 + static_cast<std::size_t>(i) % 50);
        lease.span().front() = lease.span().back() = mark;
        const StagingPool::Lease other = pool.acquire(Bytes{1 + rng.below(300'000)});
        other.span().front() = other.span().back() = std::byte{0xFF};
        if (lease.span().front() != mark || lease.span().back() != mark) ++error;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int error : errors) CHECK(error == 0);
  CHECK(pool.stats().leased == Bytes{0});
  CHECK(pool.stats().leases == 2400);
}

TEST_CASE("buffers come from a device's pinned memory while it has any, and go back to it") {
  const auto pinned = std::make_shared<BoundedPinned>(Bytes{128 * 1024});
  {
    StagingPool pool({.bound = kMiB, .lock = PageLock::kOff, .pinned = pinned});
    const StagingPool::Lease first = pool.acquire(Bytes{65'536});
    CHECK(pinned->out == Bytes{65'536});
    CHECK(pool.stats().notes.empty());
    const StagingPool::Lease second = pool.acquire(Bytes{200'000});
    second.span().back() = std::byte{1};
    CHECK(pinned->out == Bytes{65'536});
    CHECK(pool.stats().notes.size() == 1);
  }
  CHECK(pinned->out == Bytes{0});
}

}  // namespace
}  // namespace cachebench::tier

// SPDX-License-Identifier: Apache-2.0
#include "cache/tensor_pool.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/rng.h"

namespace cachebench::cache {
namespace {

TensorMeta bytes_meta(std::uint64_t bytes) {
  return {.shape = {static_cast<std::int64_t>(bytes)}, .dtype = DType::kU8};
}

TEST_CASE("a buffer that came back serves the next of its class, whatever the shape") {
  TensorPool pool({});
  const std::byte* first = nullptr;
  {
    const TensorPool::Lease lease =
        pool.acquire({.shape = {512, 512}, .dtype = DType::kF16}, ArtefactKind::kObject);
    CHECK(lease.level() == Level::kNone);
    CHECK(lease.bytes().size() == 512 * 512 * 2);
    CHECK(reinterpret_cast<std::uintptr_t>(lease.bytes().data()) % 4096 == 0);
    first = lease.bytes().data();
  }
  const TensorPool::Lease again =
      pool.acquire({.shape = {256, 512}, .dtype = DType::kF32}, ArtefactKind::kCrossModalAttention);
  CHECK(again.level() == Level::kL2);
  CHECK(again.bytes().data() == first);
  CHECK(again.meta().shape == Shape{256, 512});
  const TensorPoolStats stats = pool.stats();
  CHECK(stats.acquired == 2);
  CHECK(stats.reused == 1);
  CHECK(stats.reused_kind[static_cast<std::size_t>(ArtefactKind::kCrossModalAttention)] == 1);
}

TEST_CASE("idle buffers alone: nothing when there is none of the class") {
  TensorPool pool({});
  CHECK_FALSE(pool.acquire_idle(bytes_meta(10'000), ArtefactKind::kObject).has_value());
  { const auto lease = pool.acquire(bytes_meta(10'000), ArtefactKind::kObject); }
  CHECK_FALSE(pool.acquire_idle(bytes_meta(100'000), ArtefactKind::kObject).has_value());
  const auto idle = pool.acquire_idle(bytes_meta(9'000), ArtefactKind::kObject);
  REQUIRE(idle.has_value());
  CHECK(idle->level() == Level::kL2);
  CHECK_FALSE(pool.acquire_idle(bytes_meta(9'000), ArtefactKind::kObject).has_value());
}

TEST_CASE("a class holds what it is for, wastes little, and grows with the size") {
  Bytes before;
  for (std::uint64_t bytes = 1; bytes < (std::uint64_t{1} << 34); bytes += 1 + bytes / 7) {
    const Bytes size = TensorPool::class_size(Bytes{bytes});
    REQUIRE(size.value >= bytes);
    REQUIRE(size.value % 4096 == 0);
    REQUIRE(size >= before);
    REQUIRE(TensorPool::class_size(size) == size);
    if (bytes >= 4096) REQUIRE(static_cast<double>(size.value) <= 1.25 * static_cast<double>(bytes) + 4096);
    before = size;
  }
  CHECK(TensorPool::class_size(Bytes{0}) == Bytes{4096});
}

TEST_CASE("idle buffers never exceed the bound") {
  TensorPool pool({.bound = Bytes{100'000}});
  {
    std::deque<TensorPool::Lease> leases;
    for (int i = 0; i < 10; ++i) leases.push_back(pool.acquire(bytes_meta(30'000), ArtefactKind::kObject));
    CHECK(pool.stats().leased == Bytes{10 * 32'768});
  }
  CHECK(pool.stats().idle == Bytes{3 * 32'768});
  CHECK(pool.stats().given_up == 7);
  CHECK(pool.stats().leased == Bytes{0});
}

TEST_CASE("moving a lease moves the buffer; impossible shapes are refused") {
  TensorPool pool({});
  TensorPool::Lease lease = pool.acquire(bytes_meta(5'000), ArtefactKind::kObject);
  TensorPool::Lease moved(std::move(lease));
  CHECK(static_cast<bool>(moved));
  CHECK(moved.bytes().size() == 5'000);
  lease = std::move(moved);
  CHECK(static_cast<bool>(lease));
  lease = TensorPool::Lease();
  CHECK(pool.stats().leased == Bytes{0});
  CHECK_THROWS_AS(
      static_cast<void>(pool.acquire({.shape = {-1}, .dtype = DType::kF16}, ArtefactKind::kObject)), Error);
  CHECK_THROWS_AS(static_cast<void>(pool.acquire(bytes_meta(std::uint64_t{1} << 60), ArtefactKind::kObject)),
                  Error);
  CHECK(pool.acquire({.shape = {0, 5}, .dtype = DType::kF16}, ArtefactKind::kObject).bytes().empty());
}

TEST_CASE("threads never share a buffer") {
  TensorPool pool({.bound = Bytes{200'000}});
  std::vector<std::thread> threads;
  std::vector<std::uint64_t> wrong(4);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    threads.emplace_back([&pool, &mine = wrong[i], i] {
      Rng rng(i);
      std::deque<TensorPool::Lease> held;
      for (int step = 0; step < 400; ++step) {
        held.push_back(pool.acquire(bytes_meta(1 + rng.below(20'000)), ArtefactKind::kObject));
        std::memset(held.back().bytes().data(), static_cast<int>(i), held.back().bytes().size());
        if (held.size() < 4) continue;
        for (const std::byte byte : held.front().bytes()) mine += byte != static_cast<std::byte>(i) ? 1 : 0;
        held.pop_front();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::uint64_t count : wrong) CHECK(count == 0);
  CHECK(pool.stats().leased == Bytes{0});
}

}  // namespace
}  // namespace cachebench::cache

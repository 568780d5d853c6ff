// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/reactor.h"

#include <doctest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "core/rng.h"
#include "tier/ssd/crc32c.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

// A file in memory behind the interface of an engine, which does things in the worst order: last come, first
// served, in bits and pieces, with interruptions. Fails where told to.
class MemoryEngine final : public IoEngine {
 public:
  struct World {
    std::vector<std::byte> bytes = std::vector<std::byte>(64 << 20);
    std::atomic<int> fail_with{0};             // errno for every write
    std::atomic<std::uint64_t> end{64 << 20};  // of the file
    std::atomic<std::size_t> most_under_way{0};
    std::vector<std::uint64_t> writes;  // offsets, in order
  };
  explicit MemoryEngine(World& world) : world_(world) {}
  const char* name() const override { return "memory"; }

  void submit(IoOperation& operation) override {
    under_way_.push_back(&operation);
    world_.most_under_way = std::max(world_.most_under_way.load(), under_way_.size());
  }

  void wait(std::vector<IoOperation*>& finished) override {
    if (under_way_.empty()) {
      const MutexLock lock(mutex_);
      while (!woken_) changed_.wait(mutex_);
      woken_ = false;
      return;
    }
    IoOperation* operation = under_way_.back();
    under_way_.pop_back();
    operation->result = perform(*operation);
    finished.push_back(operation);
  }

  void wake() noexcept override {
    const MutexLock lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }

 private:
  std::int64_t perform(const IoOperation& operation) {
    if (rng_.below(10) == 0) return -EINTR;
    if (operation.kind == IoKind::kPunch) {
      std::memset(world_.bytes.data() + operation.offset, 0, operation.size);
      return 0;
    }
    std::size_t size = operation.size;
    if (size > kPage && rng_.below(3) == 0) size = kPage * (1 + rng_.below(size / kPage));
    if (operation.kind == IoKind::kWrite) {
      if (world_.fail_with != 0) return -world_.fail_with;
      std::memcpy(world_.bytes.data() + operation.offset, operation.data, size);
      world_.writes.push_back(operation.offset);
    } else {
      const std::uint64_t end = world_.end;
      if (operation.offset >= end) return 0;
      size = std::min<std::uint64_t>(size, end - operation.offset);
      std::memcpy(operation.data, world_.bytes.data() + operation.offset, size);
    }
    return static_cast<std::int64_t>(size);
  }

  World& world_;
  Rng rng_{1};
  std::vector<IoOperation*> under_way_;
  Mutex mutex_;
  CondVar changed_;
  bool woken_ CACHEBENCH_GUARDED_BY(mutex_) = false;
};

// Finishes nothing before it is let go, then in order; keeps the order in which operations came.
class HeldEngine final : public IoEngine {
 public:
  struct World {
    Mutex mutex;
    CondVar changed;
    bool held CACHEBENCH_GUARDED_BY(mutex) = true;
    std::vector<IoKind> came CACHEBENCH_GUARDED_BY(mutex);

    void wait_for(IoKind kind, std::ptrdiff_t count) {
      const MutexLock lock(mutex);
      while (std::count(came.begin(), came.end(), kind) < count) changed.wait(mutex);
    }
    void let_go() {
      const MutexLock lock(mutex);
      held = false;
      changed.notify_all();
    }
  };
  explicit HeldEngine(World& world) : world_(world) {}
  const char* name() const override { return "held"; }
  void submit(IoOperation& operation) override {
    const MutexLock lock(world_.mutex);
    under_way_.push_back(&operation);
    world_.came.push_back(operation.kind);
    world_.changed.notify_all();
  }
  void wait(std::vector<IoOperation*>& finished) override {
    const MutexLock lock(world_.mutex);
    while ((world_.held || under_way_.empty()) && !woken_) world_.changed.wait(world_.mutex);
    if (std::exchange(woken_, false)) return;
    under_way_.front()->result = static_cast<std::int64_t>(under_way_.front()->size);
    finished.push_back(under_way_.front());
    under_way_.pop_front();
  }
  void wake() noexcept override {
    const MutexLock lock(world_.mutex);
    woken_ = true;
    world_.changed.notify_all();
  }

 private:
  World& world_;
  std::deque<IoOperation*> under_way_;  // guarded by the world's lock, as the next
  bool woken_ = false;
};

std::unique_ptr<Transfer> transfer_of(TransferKind kind, std::span<std::byte> bytes, std::atomic<int>& done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->kind = kind;
  transfer->header = {
      .store_id = 1, .offset = kPage, .payload_bytes = bytes.size(), .stored_bytes = bytes.size()};
  transfer->target = transfer->kind == TransferKind::kRead ? bytes : std::span<std::byte>{};
  transfer->source = bytes;
  transfer->done = [&done](const TransferResult&) { ++done; };
  return transfer;
}

struct Driver {
  MemoryEngine::World world;
  RealClock clock;
  Reactor reactor{std::make_unique<MemoryEngine>(world), 4, clock};

  std::future<TransferResult> start(std::unique_ptr<Transfer> transfer) {
    auto promise = std::make_shared<std::promise<TransferResult>>();
    transfer->done = [promise](const TransferResult& result) { promise->set_value(result); };
    reactor.submit(std::move(transfer));
    return promise->get_future();
  }
  std::future<TransferResult> write(std::uint64_t offset, std::span<const std::byte> source) {
    auto transfer = std::make_unique<Transfer>();
    transfer->kind = TransferKind::kWrite;
    transfer->header = {
        .store_id = 1, .offset = offset, .payload_bytes = source.size(), .stored_bytes = source.size()};
    transfer->source = source;
    return start(std::move(transfer));
  }
  std::future<TransferResult> read(std::uint64_t offset, std::uint64_t bytes, std::span<std::byte> target) {
    auto transfer = std::make_unique<Transfer>();
    transfer->header = {.store_id = 1, .offset = offset, .payload_bytes = bytes, .stored_bytes = bytes};
    transfer->target = target;
    return start(std::move(transfer));
  }
};

std::vector<std::byte> noise(std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::byte> result(n);
  for (std::byte& b : result) b = static_cast<std::byte>(rng.next() >> 56);
  return result;
}

}  // namespace

TEST_CASE("records of any size go out and come back, whatever the device does in between") {
  Driver driver;
  for (const std::size_t n :
       {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4096}, Reactor::kChunk - 1,
        Reactor::kChunk, Reactor::kChunk + 1, 5 * Reactor::kChunk + 77}) {
    CAPTURE(n);
    const auto data = noise(n + 1, n);
    const std::span<const std::byte> source = std::span(data).subspan(1);  // unaligned
    const TransferResult written = driver.write(kPage, source).get();
    CHECK(written.error == 0);
    CHECK(written.crc == crc32c(source));
    const auto header = decode_record_header(std::span(driver.world.bytes).subspan(kPage, kPage), 1, kPage);
    REQUIRE(header.has_value());
    CHECK(header->payload_crc == written.crc);
    CHECK(driver.world.writes.back() == kPage);  // the header came last

    std::vector<std::byte> exact(n);
    CHECK(driver.read(kPage, n, exact).get().crc == written.crc);
    CHECK(std::equal(exact.begin(), exact.end(), source.begin(), source.end()));
    const PageBuffer roomy(n + kPage);
    CHECK(driver.read(kPage, n, roomy.span()).get().crc == written.crc);
    CHECK(std::equal(source.begin(), source.end(), roomy.data()));
    if (n > 0) CHECK(written.service.count() > 0);
  }
  CHECK(driver.world.most_under_way <= 4);
}

TEST_CASE("many at once, reads and writes mixed, stay apart") {
  Driver driver;
  constexpr std::size_t kRecords = 12;
  constexpr std::uint64_t kStride = std::uint64_t{4} << 20;
  std::vector<std::vector<std::byte>> data;
  for (std::size_t i = 0; i < kRecords; ++i) data.push_back(noise(100'000 * (i + 1), i));
  const auto at = [&](std::size_t i) { return kPage + i * kStride; };
  for (int round = 0; round < 3; ++round) {
    std::vector<std::future<TransferResult>> pending;
    std::vector<std::vector<std::byte>> back(kRecords);
    for (std::size_t i = 0; i < kRecords; ++i) {
      if ((i + static_cast<std::size_t>(round)) % 2 == 0 || round == 0) {
        pending.push_back(driver.write(at(i), data[i]));
      } else {
        back[i].resize(data[i].size());
        pending.push_back(driver.read(at(i), data[i].size(), back[i]));
      }
    }
    for (auto& each : pending) CHECK(each.get().error == 0);
    for (std::size_t i = 0; i < kRecords; ++i) {
      if (!back[i].empty()) CHECK(back[i] == data[i]);
    }
  }
}

TEST_CASE("a failing device fails the transfer and leaves no header; the next one works") {
  Driver driver;
  const auto data = noise(3 * Reactor::kChunk, 1);
  driver.world.fail_with = ENOSPC;
  CHECK(driver.write(kPage, data).get().error == ENOSPC);
  CHECK_FALSE(
      decode_record_header(std::span(driver.world.bytes).subspan(kPage, kPage), 1, kPage).has_value());
  driver.world.fail_with = 0;
  CHECK(driver.write(kPage, data).get().error == 0);
  driver.world.end = 2 * kPage + 100;
  std::vector<std::byte> back(data.size());
  const TransferResult result = driver.read(kPage, data.size(), back).get();
  CHECK(result.cut_off);
  CHECK(result.error == ENODATA);
}

TEST_CASE("an erased header says so, and a hole is a hole") {
  Driver driver;
  const auto data = noise(10'000, 1);
  driver.write(kPage, data).get();
  auto erase = std::make_unique<Transfer>();
  erase->kind = TransferKind::kErase;
  erase->header = {.store_id = 1, .offset = kPage, .state = RecordState::kErased};
  CHECK(driver.start(std::move(erase)).get().error == 0);
  const auto header = decode_record_header(std::span(driver.world.bytes).subspan(kPage, kPage), 1, kPage);
  REQUIRE(header.has_value());
  CHECK(header->state == RecordState::kErased);
  auto punch = std::make_unique<Transfer>();
  punch->kind = TransferKind::kPunch;
  punch->header.offset = kPage;
  punch->punch_bytes = 4 * kPage;
  CHECK(driver.start(std::move(punch)).get().error == 0);
  CHECK(std::all_of(driver.world.bytes.begin() + kPage, driver.world.bytes.begin() + 5 * kPage,
                    [](std::byte b) { return b == std::byte{0}; }));
}

TEST_CASE("destruction finishes what was submitted") {
  MemoryEngine::World world;
  const RealClock clock;
  const auto data = noise(Reactor::kChunk * 2, 3);
  std::atomic<int> done{0};
  {
    Reactor reactor(std::make_unique<MemoryEngine>(world), 2, clock);
    for (std::uint64_t i = 0; i < 8; ++i) {
      auto transfer = std::make_unique<Transfer>();
      transfer->kind = TransferKind::kWrite;
      transfer->header = {.store_id = 1,
                          .offset = kPage + i * (std::uint64_t{2} << 20),
                          .payload_bytes = data.size(),
                          .stored_bytes = data.size()};
      transfer->source = data;
      transfer->done = [&](const TransferResult& result) { done += result.error == 0 ? 1 : 0; };
      reactor.submit(std::move(transfer));
    }
  }
  CHECK(done == 8);
}

TEST_CASE("beside reads only one write is under way") {
  HeldEngine::World world;
  const RealClock clock;
  auto data = noise(kPage, 1);
  std::atomic<int> done{0};
  {
    Reactor reactor(std::make_unique<HeldEngine>(world), 8, clock);
    reactor.submit(transfer_of(TransferKind::kRead, data, done));
    world.wait_for(IoKind::kRead, 1);
    for (int i = 0; i < 5; ++i) reactor.submit(transfer_of(TransferKind::kWrite, data, done));
    world.wait_for(IoKind::kWrite, 1);
    // Comes behind the writes and goes before them; all of them have been looked at by then.
    reactor.submit(transfer_of(TransferKind::kRead, data, done));
    world.wait_for(IoKind::kRead, 2);
    {
      const MutexLock lock(world.mutex);
      CHECK(std::count(world.came.begin(), world.came.end(), IoKind::kWrite) == 1);
    }
    world.let_go();
  }
  CHECK(done == 7);
}

TEST_CASE("a short queue of writes goes one by one, a long one several at a time") {
  const RealClock clock;
  auto data = noise(kPage, 1);
  std::atomic<int> done{0};
  for (const auto& each : {std::pair{9, 1}, std::pair{90, 6}}) {
    const int queued = each.first;
    const int at_once = each.second;
    CAPTURE(queued);
    HeldEngine::World world;
    Reactor reactor(std::make_unique<HeldEngine>(world), 32, clock);
    for (int i = 0; i < queued; ++i) reactor.submit(transfer_of(TransferKind::kErase, data, done));
    world.wait_for(IoKind::kWrite, at_once);
    // Goes when all of them have been looked at.
    reactor.submit(transfer_of(TransferKind::kRead, data, done));
    world.wait_for(IoKind::kRead, 1);
    {
      const MutexLock lock(world.mutex);
      CHECK(std::count(world.came.begin(), world.came.end(), IoKind::kWrite) == at_once);
    }
    world.let_go();
  }
  CHECK(done == 9 + 90 + 2);
}

TEST_CASE("while a read is under way its engine is polled, where that is sooner") {
  // Finds what was submitted at the third look; waits for nothing but wake-ups.
  class PolledEngine final : public IoEngine {
   public:
    explicit PolledEngine(std::atomic<int>& polls) : polls_(polls) {}
    const char* name() const override { return "polled"; }
    bool polls_sooner() const override { return true; }
    void submit(IoOperation& operation) override { under_way_ = &operation; }
    bool poll(std::vector<IoOperation*>& finished) override {
      if (woken_.exchange(false)) return true;
      if (++polls_ % 3 != 0 || under_way_ == nullptr) return false;
      give(finished);
      return true;
    }
    void wait(std::vector<IoOperation*>& finished) override {
      while (!woken_.exchange(false)) {
        if (under_way_ != nullptr) return give(finished);  // one processor: nobody polls
        std::this_thread::yield();
      }
    }
    void wake() noexcept override { woken_ = true; }

   private:
    void give(std::vector<IoOperation*>& finished) {
      under_way_->result = static_cast<std::int64_t>(under_way_->size);
      finished.push_back(std::exchange(under_way_, nullptr));
    }
    std::atomic<int>& polls_;
    std::atomic<bool> woken_{false};
    IoOperation* under_way_ = nullptr;
  };
  const VirtualClock clock;  // so that its patience never ends
  auto data = noise(kPage, 1);
  std::atomic<int> done{0};
  std::atomic<int> polls{0};
  {
    Reactor reactor(std::make_unique<PolledEngine>(polls), 8, clock);
    reactor.submit(transfer_of(TransferKind::kRead, data, done));
  }
  CHECK(done == 1);
  if (std::thread::hardware_concurrency() > 1) CHECK(polls >= 3);
}

TEST_CASE("a stream of reads lets a write through now and then") {
  HeldEngine::World world;
  const RealClock clock;
  auto data = noise(kPage, 1);
  std::atomic<int> done{0};
  {
    Reactor reactor(std::make_unique<HeldEngine>(world), 1, clock);
    reactor.submit(transfer_of(TransferKind::kRead, data, done));
    world.wait_for(IoKind::kRead, 1);
    reactor.submit(transfer_of(TransferKind::kErase, data, done));
    for (int i = 0; i < 30; ++i) reactor.submit(transfer_of(TransferKind::kRead, data, done));
    world.let_go();
  }
  CHECK(done == 32);
  const MutexLock lock(world.mutex);
  const auto write = std::find(world.came.begin(), world.came.end(), IoKind::kWrite);
  CHECK(write - world.came.begin() == 8);
}

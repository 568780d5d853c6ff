// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/hash.h"
#include "core/rng.h"
#include "tier/device/device_plane.h"
#include "tier/device/emulated_device.h"
#include "tier/host/host_plane.h"
#include "tier/null/null_plane.h"
#include "tier/ssd/ssd_plane.h"

// What every plane promises, whatever its medium: bytes out are the bytes in, blocks never overlap, accounts
// are exact, and threads do not disturb one another. A new plane is one more line in plane_cases().
namespace cachebench::tier {
namespace {

enum class Holds : std::uint8_t { kBytes, kNothing };

struct PlaneCase {
  std::string name;
  Holds holds;
  Bytes overhead;  ///< most that a block may take beyond its bytes
  std::function<std::unique_ptr<Plane>(Bytes capacity)> make;
};

std::shared_ptr<DeviceApi> device(Throttle throttle, Bytes inline_up_to) {
  const hardware::Channel link{.bytes_per_second = 20e9, .latency = Nanoseconds{2000}};
  return make_emulated_device(
      {.h2d = link, .d2h = link, .throttle = throttle, .memory = {}, .inline_up_to = inline_up_to});
}

std::vector<PlaneCase> plane_cases() {
  return {
      {"null", Holds::kNothing, Bytes{0},
       [](Bytes capacity) { return make_null_plane({.capacity = capacity}); }},
      {"host", Holds::kBytes, Bytes{256},
       [](Bytes capacity) { return make_host_plane({.capacity = capacity}); }},
      {"emulated, copies by the caller where possible", Holds::kBytes, Bytes{256},
       [](Bytes capacity) {
         return make_device_plane({.capacity = capacity}, device(Throttle::kOff, kMiB));
       }},
      {"emulated, copies by the engines", Holds::kBytes, Bytes{256},
       [](Bytes capacity) {
         return make_device_plane({.capacity = capacity}, device(Throttle::kOff, Bytes{0}));
       }},
      {"emulated, throttled", Holds::kBytes, Bytes{256},
       [](Bytes capacity) { return make_device_plane({.capacity = capacity}, device(Throttle::kOn, {})); }},
      {"ssd", Holds::kBytes, Bytes{16 * 1024},
       [](Bytes capacity) { return make_ssd_plane({.directory = "", .capacity = capacity, .keep = false}); }},
  };
}

std::vector<std::byte> content(std::uint64_t seed, std::size_t bytes) {
  std::vector<std::byte> result(bytes);
  Rng rng(seed);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    if (i % 8 == 0) word = rng.next();
    result[i] = static_cast<std::byte>(word >> (i % 8 * 8));
  }
  return result;
}

struct Totals {
  std::uint64_t written = 0;
  std::uint64_t read = 0;
  std::uint64_t wrong = 0;  // reads that failed or gave other bytes
};

/// One thread's entries: each is written once and read any number of times until released.
class Worker {
 public:
  Worker(Plane& plane, Holds holds, std::uint64_t seed) : plane_(plane), holds_(holds), rng_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      const std::uint64_t dice = rng_.below(100);
      if (entries_.empty() || (dice < 40 && entries_.size() < 24)) {
        add();
      } else if (dice < 75) {
        read(entries_[rng_.below(entries_.size())]);
      } else {
        std::swap(entries_[rng_.below(entries_.size())], entries_.back());
        plane_.release(entries_.back().block);
        entries_.pop_back();
      }
    }
  }

  /// What the live blocks were asked for, and how many they are.
  [[nodiscard]] Bytes live_bytes() const {
    Bytes sum;
    for (const Entry& entry : entries_) sum += entry.block.bytes;
    return sum;
  }
  [[nodiscard]] std::size_t live_blocks() const { return entries_.size(); }
  void release_all() {
    for (const Entry& entry : entries_) plane_.release(entry.block);
    entries_.clear();
  }
  [[nodiscard]] const Totals& totals() const { return totals_; }

 private:
  struct Entry {
    Block block;
    std::uint64_t seed;
  };

  void add() {
    // Small ones, and some that are moved on another path.
    const std::uint64_t bytes = rng_.below(10) == 0 ? 1 + rng_.below(300'000) : 1 + rng_.below(9'000);
    const std::optional<Block> block = plane_.allocate(Bytes{bytes});
    if (!block) return;
    const Entry entry{.block = *block, .seed = rng_.next()};
    const std::vector<std::byte> source = content(entry.seed, bytes);
    const RecordInfo info{.key = hash_key(source), .meta = view_of(source).meta};
    if (plane_.write(entry.block, info, source).wait().status != TransferStatus::kDone) ++totals_.wrong;
    totals_.written += bytes;
    entries_.push_back(entry);
  }

  void read(const Entry& entry) {
    const std::size_t bytes = entry.block.bytes.value;
    std::vector<std::byte> target(bytes + rng_.below(5000), std::byte{0xA5});
    const Completion completion = plane_.read(entry.block, target).wait();
    totals_.read += bytes;
    if (completion.status != TransferStatus::kDone) ++totals_.wrong;
    if (holds_ == Holds::kNothing) return;
    const std::vector<std::byte> expected = content(entry.seed, bytes);
    if (!std::equal(expected.begin(), expected.end(), target.begin())) ++totals_.wrong;
    const std::span<const std::byte> view = plane_.host_view(entry.block);
    if (!view.empty() && !std::equal(expected.begin(), expected.end(), view.begin(), view.end()))
      ++totals_.wrong;
  }

  Plane& plane_;
  const Holds holds_;
  Rng rng_;
  std::vector<Entry> entries_;
  Totals totals_;
};

TEST_CASE("bytes out are the bytes in, with several threads on one plane") {
  constexpr std::size_t kThreads = 3;
  for (const PlaneCase& plane_case : plane_cases()) {
    CAPTURE(plane_case.name);
    const auto plane = plane_case.make(kMiB * 24);
    std::vector<Worker> workers;
    for (std::size_t t = 0; t < kThreads; ++t) workers.emplace_back(*plane, plane_case.holds, 100 + t);
    std::vector<std::thread> threads;
    for (Worker& worker : workers) threads.emplace_back([&worker] { worker.run(400); });
    for (std::thread& thread : threads) thread.join();

    Totals totals;
    Bytes live;
    std::size_t blocks = 0;
    for (const Worker& worker : workers) {
      totals.written += worker.totals().written;
      totals.read += worker.totals().read;
      totals.wrong += worker.totals().wrong;
      live += worker.live_bytes();
      blocks += worker.live_blocks();
    }
    CHECK(totals.wrong == 0);
    CHECK(totals.read > 0);
    const PlaneStats before = plane->stats();
    CHECK(before.allocated >= live);
    CHECK(before.allocated <= live + plane_case.overhead * blocks);
    CHECK(before.peak >= before.allocated);
    CHECK(before.bytes_written >= Bytes{totals.written});
    CHECK(before.bytes_read >= Bytes{totals.read});
    CHECK(before.corrupt_records == 0);
    for (Worker& worker : workers) worker.release_all();
    plane->flush();
    CHECK(plane->stats().allocated == Bytes{0});
  }
}

TEST_CASE("a plane that holds bytes refuses what is beyond its room, and serves again after a release") {
  for (const PlaneCase& plane_case : plane_cases()) {
    if (plane_case.holds == Holds::kNothing) continue;
    CAPTURE(plane_case.name);
    const auto plane = plane_case.make(kMiB * 4);
    std::vector<Block> blocks;
    // However small the blocks are that the room is cut into, the tier's capacity is there.
    Bytes total;
    while (std::optional<Block> block = plane->allocate(Bytes{100'000})) {
      blocks.push_back(*block);
      total += block->bytes;
      REQUIRE(total <= kMiB * 64);
    }
    CHECK(total + Bytes{100'000} >= kMiB * 4);
    plane->release(blocks.back());
    const std::optional<Block> again = plane->allocate(Bytes{100'000});
    REQUIRE(again.has_value());
    blocks.back() = *again;
    for (const Block& block : blocks) plane->release(block);
    CHECK_FALSE(plane->allocate(kGiB).has_value());
    CHECK(plane->stats().allocated == Bytes{0});
  }
}

}  // namespace
}  // namespace cachebench::tier

// SPDX-License-Identifier: Apache-2.0
#include "tier/block_space.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "core/error.h"
#include "core/sync.h"

namespace cachebench::tier {
namespace {

/// Addresses without memory behind them, up to a limit.
class PaperMemory final : public MemorySource {
 public:
  explicit PaperMemory(Bytes limit) : limit_(limit) {}
  [[nodiscard]] std::uint64_t map(Bytes size) override {
    const MutexLock lock(mutex_);
    if (used_ + size > limit_) return 0;
    used_ += size;
    const std::uint64_t address = next_;
    next_ += size.value + 4096;  // never adjacent
    mapped_[address] = size;
    return address;
  }
  void unmap(std::uint64_t address, Bytes size) noexcept override {
    const MutexLock lock(mutex_);
    CHECK(mapped_.at(address) == size);
    mapped_.erase(address);
    used_ -= size;
  }
  [[nodiscard]] std::size_t regions() {
    const MutexLock lock(mutex_);
    return mapped_.size();
  }

 private:
  Mutex mutex_;
  const Bytes limit_;
  Bytes used_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t next_ CACHEBENCH_GUARDED_BY(mutex_) = 1 << 20;
  std::map<std::uint64_t, Bytes> mapped_ CACHEBENCH_GUARDED_BY(mutex_);
};

PlaneStats stats_of(const BlockSpace& space) {
  PlaneStats stats;
  space.report(stats);
  return stats;
}

TEST_CASE("room is the budget, an eighth of it and no more") {
  PaperMemory memory(kGiB * 4);
  BlockSpace space({.budget = kGiB}, memory);
  const Bytes room = kGiB + kMiB * 128;
  CHECK(stats_of(space).capacity == room);
  std::vector<Block> blocks;
  for (int i = 0; i < 9; ++i) blocks.push_back(space.allocate(kMiB * 128).value());
  CHECK_FALSE(space.allocate(Bytes{1}).has_value());
  CHECK_FALSE(space.allocate(Bytes{UINT64_MAX}).has_value());
  CHECK(stats_of(space).allocated == room);
  space.release(blocks.back());
  blocks.back() = space.allocate(kMiB * 128).value();
  for (const Block& block : blocks) space.release(block);
  CHECK(stats_of(space).allocated == Bytes{0});
  CHECK(stats_of(space).peak == room);
  CHECK(stats_of(space).overflow_peak == Bytes{0});
}

TEST_CASE("fragmentation never refuses: a block that fits nowhere in the arena lives beside it") {
  PaperMemory memory(kGiB * 4);
  BlockSpace space({.budget = kMiB * 256}, memory);
  std::vector<Block> blocks;
  while (std::optional<Block> block = space.allocate(kMiB)) blocks.push_back(*block);
  REQUIRE(blocks.size() == 288);
  for (std::size_t i = 0; i < blocks.size(); i += 2) space.release(blocks[i]);
  CHECK(memory.regions() == 1);

  const Block large = space.allocate(kMiB * 100).value();
  CHECK(memory.regions() == 2);
  CHECK(stats_of(space).overflow_peak == kMiB * 100);
  const Block small = space.allocate(kMiB * 44).value();
  CHECK_FALSE(space.allocate(Bytes{1}).has_value());
  CHECK(stats_of(space).allocated == kMiB * 288);
  CHECK(stats_of(space).overflow_peak == kMiB * 144);
  space.release(large);
  CHECK(memory.regions() == 2);  // too large to keep
  space.release(small);
  CHECK(memory.regions() == 2);  // kept, for next time
  CHECK(space.allocate(kMiB * 60).has_value());
  CHECK(memory.regions() == 2);
}

TEST_CASE("rounding never refuses either") {
  PaperMemory memory(kGiB * 4);
  BlockSpace space({.budget = Bytes{0}}, memory);
  const std::uint64_t room = stats_of(space).capacity.value;
  CHECK(room == 16 * kMiB.value);
  // A hundred thousand blocks of one byte round to more than there is room for.
  std::vector<Block> blocks;
  for (int i = 0; i < 100'000; ++i) blocks.push_back(space.allocate(Bytes{1}).value());
  CHECK(stats_of(space).allocated == Bytes{256 * 100'000});
  CHECK(stats_of(space).overflow_peak.value == 256 * 100'000 - room);
  for (const Block& block : blocks) space.release(block);
  CHECK(stats_of(space).allocated == Bytes{0});
  CHECK(memory.regions() == 2);
}

TEST_CASE("without memory for the slack the budget alone is taken; without any, an error says so") {
  PaperMemory scarce(kMiB * 100);
  BlockSpace space({.budget = kMiB * 100}, scarce);
  const Block block = space.allocate(kMiB * 100).value();
  CHECK_FALSE(space.allocate(Bytes{1}).has_value());  // there is nothing to overflow into
  space.release(block);
  CHECK(space.allocate(Bytes{1}).has_value());

  PaperMemory none(kMiB);
  CHECK_THROWS_WITH_AS(BlockSpace({.budget = kMiB * 100}, none),
                       "cannot get 100 MiB of memory for a tier; give the tier less", Error);
  CHECK_THROWS_AS(BlockSpace({.budget = Bytes{UINT64_MAX}}, none), Error);
}

}  // namespace
}  // namespace cachebench::tier

// SPDX-License-Identifier: Apache-2.0
#include "tier/arena.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/rng.h"

namespace cachebench::tier {
namespace {

constexpr std::uint64_t kGranule = 256;

/// The slow and obvious arena: one flag per granule.
class SlowArena {
 public:
  explicit SlowArena(std::size_t granules) : used_(granules, false) {}

  /// True when none of it was used.
  bool take(std::uint64_t offset, std::uint64_t length) {
    for (std::uint64_t i = offset / kGranule; i < (offset + length) / kGranule; ++i) {
      if (i >= used_.size() || used_[i]) return false;
      used_[i] = true;
    }
    return true;
  }
  void give_back(std::uint64_t offset, std::uint64_t length) {
    for (std::uint64_t i = offset / kGranule; i < (offset + length) / kGranule; ++i) used_[i] = false;
  }
  /// Lengths of all runs of free granules, in bytes.
  [[nodiscard]] std::vector<std::uint64_t> free_runs() const {
    std::vector<std::uint64_t> runs;
    std::uint64_t length = 0;
    for (const bool used : used_) {
      if (!used) {
        length += kGranule;
      } else if (length > 0) {
        runs.push_back(length);
        length = 0;
      }
    }
    if (length > 0) runs.push_back(length);
    return runs;
  }

 private:
  std::vector<bool> used_;
};

struct Live {
  std::uint64_t offset;
  Bytes size;
};

struct Walk {
  Bytes capacity;
  Bytes alignment;
  Bytes aligned_from;
  std::uint64_t largest;
};

void walk_beside_the_slow_arena(const Walk& walk, std::uint64_t seed) {
  Arena arena({.capacity = walk.capacity,
               .granule = Bytes{kGranule},
               .alignment = walk.alignment,
               .aligned_from = walk.aligned_from});
  SlowArena slow(walk.capacity.value / kGranule);
  std::vector<Live> live;
  Rng rng(seed);
  std::uint64_t refusals = 0;
  for (int step = 0; step < 4000; ++step) {
    if (!live.empty() && rng.below(100) < 45) {
      std::swap(live[rng.below(live.size())], live.back());
      const Live block = live.back();
      live.pop_back();
      const Bytes length = arena.release(block.offset);
      REQUIRE(length == arena.rounded(block.size));
      slow.give_back(block.offset, length.value);
    } else {
      const Bytes size{rng.below(walk.largest)};
      const std::uint64_t length = arena.rounded(size).value;
      const std::uint64_t alignment = size >= walk.aligned_from ? walk.alignment.value : kGranule;
      const std::vector<std::uint64_t> runs = slow.free_runs();
      const std::uint64_t longest = runs.empty() ? 0 : *std::max_element(runs.begin(), runs.end());
      const std::optional<std::uint64_t> offset = arena.allocate(size);
      if (!offset) {
        ++refusals;
        REQUIRE(longest < length + alignment - kGranule);
        continue;
      }
      REQUIRE(*offset % alignment == 0);
      REQUIRE(slow.take(*offset, length));
      live.push_back({*offset, size});
    }
    const std::vector<std::uint64_t> runs = slow.free_runs();
    REQUIRE(arena.free_ranges() == runs.size());  // neighbours are always joined
    REQUIRE(arena.largest_free().value == (runs.empty() ? 0 : *std::max_element(runs.begin(), runs.end())));
  }
  CHECK(refusals > 0);
  for (const Live& block : live) arena.release(block.offset);
  CHECK(arena.is_empty());
  CHECK(arena.allocated() == Bytes{0});
  CHECK(arena.free_ranges() == 1);
  CHECK(arena.allocate(arena.capacity()) == 0);
}

TEST_CASE("an arena agrees with one flag per granule") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    walk_beside_the_slow_arena(
        {.capacity = Bytes{64 * 1024}, .alignment = Bytes{256}, .aligned_from = {}, .largest = 4000}, seed);
    walk_beside_the_slow_arena({.capacity = Bytes{512 * 1024},
                                .alignment = Bytes{4096},
                                .aligned_from = Bytes{8192},
                                .largest = 40000},
                               seed);
  }
}

TEST_CASE("the shortest range that is long enough is taken") {
  Arena arena({.capacity = Bytes{10 * kGranule}});
  std::vector<std::uint64_t> offsets;
  for (int i = 0; i < 10; ++i) offsets.push_back(arena.allocate(Bytes{kGranule}).value());
  CHECK_FALSE(arena.allocate(Bytes{1}).has_value());
  for (const std::size_t i : {1U, 2U, 3U, 6U, 7U}) arena.release(offsets[i]);
  CHECK(arena.largest_free() == Bytes{3 * kGranule});
  CHECK(arena.allocate(Bytes{2 * kGranule}) == offsets[6]);
  CHECK(arena.allocate(Bytes{2 * kGranule}) == offsets[1]);
  CHECK(arena.allocate(Bytes{kGranule}) == offsets[3]);
}

TEST_CASE("an arena of nothing, blocks of nothing, and blocks beyond all bounds") {
  Arena none({.capacity = Bytes{255}});
  CHECK(none.capacity() == Bytes{0});
  CHECK(none.largest_free() == Bytes{0});
  CHECK_FALSE(none.allocate(Bytes{1}).has_value());

  Arena arena({.capacity = Bytes{1024}});
  const std::optional<std::uint64_t> empty = arena.allocate(Bytes{0});
  REQUIRE(empty.has_value());
  CHECK(arena.allocated() == Bytes{kGranule});
  CHECK_FALSE(arena.allocate(Bytes{UINT64_MAX}).has_value());
  CHECK(arena.release(*empty) == Bytes{kGranule});
}

}  // namespace
}  // namespace cachebench::tier

// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/extent_allocator.h"

#include <doctest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

constexpr std::uint64_t kBase = 3;
constexpr std::size_t kUnits = 4'000;

// One flag a unit: the obvious thing.
struct Reference {
  std::vector<bool> used = std::vector<bool>(kUnits, false);
  void mark(const Extent& extent, bool value) {
    for (std::uint64_t i = extent.offset; i < extent.end(); ++i) {
      REQUIRE(used.at(i) != value);
      used[i] = value;
    }
  }
  std::vector<Extent> gaps(std::uint64_t end) const {
    std::vector<Extent> result;
    for (std::uint64_t i = kBase; i < end; ++i) {
      if (used[i]) continue;
      if (!result.empty() && result.back().end() == i) {
        ++result.back().bytes;
      } else {
        result.push_back({i, 1});
      }
    }
    return result;
  }
  std::uint64_t end() const {
    std::uint64_t last = kBase;
    for (std::uint64_t i = kBase; i < kUnits; ++i) last = used[i] ? i + 1 : last;
    return last;
  }
};

}  // namespace

TEST_CASE("extents never overlap, gaps merge, and the end is that of the last one in use") {
  Rng rng(11);
  ExtentAllocator allocator(kBase);
  Reference reference;
  std::vector<Extent> held;
  std::uint64_t allocated = 0;
  std::uint64_t bound = ~std::uint64_t{0};
  for (int step = 0; step < 4'000; ++step) {
    if (held.size() < 60 && (held.empty() || rng.below(2) == 0)) {
      const std::uint64_t bytes = 1 + rng.below(30);
      if (rng.below(20) == 0) allocator.prefer_before(bound = rng.below(2) == 0 ? rng.below(600) : 600);
      // Among those before the bound, else at the end, else among those beyond.
      std::optional<Extent> best;
      for (const bool beyond : {false, true}) {
        if (best || (beyond && allocator.end() < bound)) break;
        for (const Extent& gap : reference.gaps(reference.end())) {
          if ((gap.offset >= bound) != beyond || gap.bytes < bytes) continue;
          if (!best || gap.bytes < best->bytes) best = gap;
        }
      }
      const std::uint64_t expected = best ? best->offset : allocator.end();
      const Extent extent = allocator.allocate(bytes);
      CHECK(extent == Extent{expected, bytes});
      reference.mark(extent, true);
      held.push_back(extent);
      allocated += bytes;
    } else {
      const std::size_t at = rng.below(held.size());
      Extent& extent = held[at];
      // Sometimes only the tail, as a record that was encoded gives back.
      if (extent.bytes > 4 && rng.below(3) == 0) {
        const Extent tail{extent.offset + 2, extent.bytes - 2};
        allocator.free(tail);
        reference.mark(tail, false);
        extent.bytes = 2;
        allocated -= tail.bytes;
      } else {
        allocator.free(extent);
        reference.mark(extent, false);
        allocated -= extent.bytes;
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    REQUIRE(allocator.allocated() == allocated);
    REQUIRE(allocator.end() == reference.end());
    REQUIRE(allocator.gaps() == reference.gaps(reference.end()));
  }
}

TEST_CASE("what a scan found is taken as it lies") {
  ExtentAllocator allocator(kBase);
  allocator.take({10, 5});
  allocator.take({15, 5});
  allocator.take({40, 2});
  CHECK(allocator.allocated() == 12);
  CHECK(allocator.end() == 42);
  CHECK(allocator.gaps() == std::vector<Extent>{{3, 7}, {20, 20}});
  CHECK(allocator.allocate(7) == Extent{3, 7});
  CHECK(allocator.allocate(21) == Extent{42, 21});
}

// SPDX-License-Identifier: Apache-2.0
#include "policy/frequency_lists.h"

#include <doctest.h>

#include <algorithm>
#include <vector>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

struct Row {
  std::uint32_t id;
  std::uint64_t frequency;
  std::uint64_t since;  // at that frequency
};

EntryId slow_lowest(const std::vector<Row>& rows, const PinSet& pins, bool latest) {
  const Row* best = nullptr;
  for (const Row& row : rows) {
    if (pins.is_pinned(EntryId{row.id})) continue;
    const bool better = best == nullptr || row.frequency < best->frequency ||
                        (row.frequency == best->frequency && (row.since < best->since) != latest);
    if (better) best = &row;
  }
  return best == nullptr ? kNoEntry : EntryId{best->id};
}

}  // namespace

TEST_CASE("frequency lists against a table") {
  FrequencyLists lists;
  std::vector<Row> rows;
  PinSet pins;
  Rng rng(11);
  for (std::uint64_t now = 1; now < 20'000; ++now) {
    const auto id = static_cast<std::uint32_t>(rng.below(40));
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.id == id; });
    if (row == rows.end()) {
      const std::uint64_t frequency = rng.below(4) == 0 ? 1 + rng.below(9) : 1;
      lists.insert(EntryId{id}, frequency);
      rows.push_back({id, frequency, now});
    } else if (rng.below(4) == 0) {
      lists.erase(EntryId{id});
      rows.erase(row);
    } else {
      lists.increment(EntryId{id});
      *row = {id, row->frequency + 1, now};
      REQUIRE(lists.frequency(EntryId{id}) == row->frequency);
    }
    if (rng.below(10) == 0) pins.pin(EntryId{static_cast<std::uint32_t>(rng.below(40))});
    if (rng.below(100) == 0) pins = PinSet{};
    REQUIRE(lists.longest_at_lowest(pins) == slow_lowest(rows, pins, false));
    REQUIRE(lists.latest_at_lowest(pins) == slow_lowest(rows, pins, true));
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/reuse_intervals.h"

#include <doctest/doctest.h>

namespace {

using namespace cachebench;
using policy::AccessColumns;

TEST_CASE("an interval runs from one access to an object to the next, at the size it has between") {
  AccessColumns columns;
  columns.append(0, 4);
  columns.append(1, 10);
  columns.append(0, 2);  // shrank: what is kept from here on is 2
  columns.append(0, 2);
  columns.append(1, 10);
  const auto next_uses = policy::next_uses_of(columns);
  const std::vector<double> costs = {1, 1, 8, 6, 5};
  const policy::OneTierInput input{.columns = columns, .capacity = Bytes{9}, .next_uses = next_uses};
  policy::ReuseIntervals intervals(input, costs);
  REQUIRE(intervals.items().size() == 2);  // the second object is larger than the tier
  const policy::ReuseInterval first = intervals.items()[0];
  CHECK(first.from == 0);
  CHECK(first.to == 2);
  CHECK(intervals.bytes(first) == 4);
  CHECK(intervals.bytes_hit(first) == 2);
  CHECK(intervals.cost(first) == 8.0);
  CHECK(intervals.area(first) == 8.0);
  CHECK(first.density == 1.0);
  const policy::ReuseInterval second = intervals.items()[1];
  CHECK(second.density == 3.0);
  CHECK(policy::Denser{}(second, first));
  CHECK(!policy::Denser{}(first, second));
  CHECK(intervals.steps() == 4);
}

TEST_CASE("without costs each hit saves 1; a tier of nothing keeps nothing") {
  AccessColumns columns;
  for (int i = 0; i < 3; ++i) columns.append_unit(0);
  const auto next_uses = policy::next_uses_of(columns);
  const policy::OneTierInput input{.columns = columns, .capacity = Bytes{1}, .next_uses = next_uses};
  policy::ReuseIntervals intervals(input, {});
  REQUIRE(intervals.items().size() == 2);
  CHECK(intervals.cost(intervals.items()[0]) == 1.0);
  const policy::OneTierInput none{.columns = columns, .capacity = Bytes{0}, .next_uses = next_uses};
  CHECK(policy::ReuseIntervals(none, {}).items().empty());
}

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "core/huge_pages.h"

#include <doctest.h>

#include <cstdint>

using namespace cachebench;

TEST_CASE("asking for huge pages changes no content, wherever the memory lies") {
  for (const std::size_t count : {0U, 1U, 1'000U, 1'000'000U, 3'000'000U}) {
    std::vector<std::uint32_t> values;
    reserve_huge(values, count);
    CHECK(values.empty());
    CHECK(values.capacity() >= count);
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<std::uint32_t>(i));
    if (count > 10) prefer_huge_pages(values.data() + 3, (count - 7) * sizeof(std::uint32_t));
    bool same = true;
    for (std::size_t i = 0; i < count; ++i) same = same && values[i] == i;
    CHECK(same);
  }
}

TEST_CASE("a resized vector holds elements as made") {
  std::vector<std::uint64_t> values;
  resize_huge(values, 2'000'000);
  CHECK(values.size() == 2'000'000);
  std::uint64_t sum = 0;
  for (const std::uint64_t value : values) sum += value;
  CHECK(sum == 0);
}

// SPDX-License-Identifier: Apache-2.0
#include "policy/accesses/access_columns.h"

#include <doctest/doctest.h>

namespace cachebench::policy {
namespace {

TEST_CASE("sizes are held in the smallest form that says them") {
  AccessColumns columns;
  CHECK(columns.accesses() == 0);
  CHECK(columns.objects() == 0);
  columns.append(0, 7);
  columns.append(1, 7);
  columns.append(0, 7);
  CHECK(columns.form() == SizeForm::kUniform);
  CHECK(columns.uniform_size() == 7);

  columns.append(2, 9);
  CHECK(columns.form() == SizeForm::kPerObject);
  CHECK(columns.object_sizes() == std::vector<std::uint64_t>{7, 7, 9});

  columns.append(1, 5);
  CHECK(columns.form() == SizeForm::kPerAccess);
  columns.append(1, 5);
  columns.append(3, 1);
  columns.append(1, 7);
  CHECK(columns.ids() == std::vector<std::uint32_t>{0, 1, 0, 2, 1, 1, 3, 1});
  CHECK(columns.access_sizes() == std::vector<std::uint64_t>{7, 7, 7, 9, 5, 5, 1, 7});
  CHECK(columns.objects() == 4);
  CHECK(columns.bytes_requested() == Bytes{48});
  CHECK(columns.bytes_distinct() == Bytes{7 + 7 + 9 + 1});
}

TEST_CASE("a block is appended as its accesses are") {
  const std::vector<std::uint32_t> ids{0, 1, 0, 2};
  const std::vector<std::uint64_t> sizes{7, 9, 8, 9};
  AccessColumns blocks;
  AccessColumns singles;
  for (int round = 0; round < 2; ++round) {
    blocks.append({.ids = ids, .sizes = sizes, .objects = 3});
    for (std::size_t i = 0; i < ids.size(); ++i) singles.append(ids[i], sizes[i]);
  }
  CHECK(blocks.ids() == singles.ids());
  CHECK(blocks.access_sizes() == singles.access_sizes());
  CHECK(blocks.bytes_distinct() == singles.bytes_distinct());
  AccessColumns unit;
  unit.append({.ids = ids, .sizes = {}, .objects = 3});
  unit.append({.ids = ids, .sizes = {}, .objects = 3});
  CHECK(unit.accesses() == 8);
  CHECK(unit.objects() == 3);
  CHECK(unit.bytes_requested() == Bytes{8});
}

TEST_CASE("objects that count one each") {
  AccessColumns columns;
  for (const std::uint32_t id : {0U, 1U, 0U, 2U}) columns.append_unit(id);
  CHECK(columns.form() == SizeForm::kUniform);
  CHECK(columns.uniform_size() == 1);
  CHECK(columns.objects() == 3);
  CHECK(columns.bytes_requested() == Bytes{4});
  CHECK(columns.bytes_distinct() == Bytes{3});
}

}  // namespace
}  // namespace cachebench::policy

// SPDX-License-Identifier: Apache-2.0
#include "core/tensor_view.h"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <set>
#include <string>

#include "core/error.h"

using namespace cachebench;

TEST_CASE("sizes and names of the element types") {
  std::set<std::string_view> names;
  for (const DType dtype : {DType::kU8, DType::kI8, DType::kI64, DType::kF16, DType::kBF16, DType::kF32}) {
    names.insert(name_of(dtype));
  }
  CHECK(names.size() == 6);
  CHECK(size_of(DType::kU8) == 1);
  CHECK(size_of(DType::kBF16) == 2);
  CHECK(size_of(DType::kF32) == 4);
  CHECK(size_of(DType::kI64) == 8);
}

TEST_CASE("elements and bytes of a shape") {
  CHECK(Shape().elements() == 1);
  CHECK(Shape({2, 3, 4}).elements() == 24);
  CHECK(Shape({5, 0, 1'000'000'000'000}).elements() == 0);
  CHECK(TensorMeta{.shape = {2, 8192}, .dtype = DType::kBF16}.bytes() == Bytes{32768});
  CHECK(Shape({2, 3}) != Shape({3, 2}));
  CHECK(Shape({2}) != Shape({2, 1}));
}

TEST_CASE("shapes that overflow, are negative or have too many dimensions are refused") {
  CHECK_THROWS_AS((void)Shape({-1}).elements(), Error);
  CHECK_THROWS_AS((void)Shape({1LL << 40, 1LL << 40}).elements(), Error);
  CHECK_THROWS_AS((void)Shape({1LL << 62, 4, 4}).elements(), Error);
  CHECK_THROWS_AS((void)Shape({1, 1, 1, 1, 1, 1, 1}), Error);
}

TEST_CASE("a view of plain bytes is one dimension of u8") {
  const std::array<std::byte, 7> data{};
  const TensorView view = view_of(data);
  CHECK(view.meta.bytes() == Bytes{7});
  CHECK(view.meta.dtype == DType::kU8);
  CHECK(view.data.data() == data.data());
}

// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/spill_file.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::torch_model;

TEST_CASE("a weight is made once and read ever after") {
  const cachebench::testing::TempDir folder;
  int made = 0;
  SpillFile file(
      [&](const std::string& name, std::initializer_list<std::int64_t> shape) {
        ++made;
        const at::ScalarType type = name == "half" ? at::kHalf : at::kFloat;
        return at::arange(*shape.begin(), at::kFloat).to(type);
      },
      folder.path().string());
  const at::Tensor first = file.get("a", {5});
  const at::Tensor half = file.get("half", {1000});
  CHECK(made == 2);
  CHECK(at::equal(file.get("a", {5}), first));
  CHECK(at::equal(file.get("half", {1000}), half));
  CHECK((file.get("half", {1000}).scalar_type() == at::kHalf));
  CHECK(made == 2);
  CHECK(std::filesystem::is_empty(folder.path()));  // it has no name
}

TEST_CASE("a folder that is none is named") {
  CHECK_THROWS_WITH_AS(SpillFile({}, "/no/such/folder"), doctest::Contains("/no/such/folder: keeping"),
                       Error);
}

TEST_CASE("weights by way of a file are the weights") {
  const cachebench::testing::TempDir folder;
  const WeightSource source =
      spilled([](const std::string&,
                 std::initializer_list<std::int64_t> shape) { return at::ones({*shape.begin()}); },
              folder.path().string());
  CHECK(at::equal(source("x", {3}), source("x", {3})));
}

// SPDX-License-Identifier: Apache-2.0
#include "core/shared_tensor.h"

#include <doctest.h>

#include <algorithm>

using namespace cachebench;

namespace {

const TensorMeta kMeta{.shape = {2, 3}, .dtype = DType::kU8};

std::vector<std::byte> six_bytes() {
  std::vector<std::byte> bytes(6);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(i + 1);
  return bytes;
}

}  // namespace

TEST_CASE("a shared tensor outlives what it was made from, and its copies see the same bytes") {
  SharedTensor copy;
  CHECK_FALSE(copy);
  CHECK(copy.bytes() == Bytes{0});
  {
    const SharedTensor tensor(kMeta, six_bytes());
    copy = tensor;
  }
  REQUIRE(copy);
  CHECK(copy.meta() == kMeta);
  CHECK(std::ranges::equal(copy.view().data, six_bytes()));
}

TEST_CASE("a shared tensor holds on to the owner it aliases") {
  auto owner = std::make_shared<std::vector<std::byte>>(six_bytes());
  const std::weak_ptr<std::vector<std::byte>> watch = owner;
  SharedTensor tensor(kMeta, std::shared_ptr<const std::byte>(owner, owner->data()));
  owner.reset();
  CHECK_FALSE(watch.expired());
  tensor = SharedTensor{};
  CHECK(watch.expired());
}

TEST_CASE("an empty tensor is a tensor") {
  const TensorMeta empty{.shape = {0, 4}, .dtype = DType::kF32};
  const SharedTensor tensor = SharedTensor::copy_of({.meta = empty, .data = {}});
  CHECK(tensor);
  CHECK(tensor.view().data.empty());
}

// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/tensor_exchange.h"

#include <doctest/doctest.h>

#include <cstring>

#include "core/error.h"
#include "torch_model/tiny_model.h"

using namespace cachebench;
using namespace cachebench::torch_model;
using cachebench::torch_model::testing::random_tensor;

TEST_CASE("tensors go both ways without a copy and keep each other's bytes alive") {
  SharedTensor shared;
  const void* address = nullptr;
  at::Tensor expected;
  {
    const at::Tensor tensor = random_tensor({2, 3, 4}, 1);
    address = tensor.data_ptr();
    expected = tensor.clone();
    shared = shared_over(tensor);
  }
  CHECK(shared.meta() == TensorMeta{.shape = {2, 3, 4}, .dtype = DType::kF32});
  CHECK((static_cast<const void*>(shared.view().data.data()) == address));
  at::Tensor back = tensor_over(shared, shared.meta(), "x");
  shared = {};
  CHECK((back.data_ptr() == address));
  CHECK(at::equal(back, expected));
  CHECK(shared_over(expected.transpose(0, 2)).meta().shape == Shape{4, 3, 2});
  CHECK(shared_over(at::empty({0, 5})).bytes() == Bytes{0});
}

TEST_CASE("another shape than the expected one is said in one line") {
  const SharedTensor shared = shared_over(random_tensor({2, 3}, 1));
  CHECK_THROWS_WITH_AS(
      static_cast<void>(tensor_over(shared, {.shape = {3, 2}, .dtype = DType::kBF16}, "fusion_output")),
      "fusion_output is f32 [2, 3], expected bf16 [3, 2]", Error);
  CHECK_THROWS_AS(static_cast<void>(tensor_over(SharedTensor{}, {.shape = {1}, .dtype = DType::kF32}, "x")),
                  Error);
}

TEST_CASE("bytes that lie between elements are copied") {
  auto bytes = std::make_shared<std::vector<std::byte>>(9);
  const float value = 2.5F;
  std::memcpy(bytes->data() + 1, &value, sizeof(value));
  const SharedTensor shared({.shape = {1}, .dtype = DType::kF32},
                            std::shared_ptr<const std::byte>(bytes, bytes->data() + 1));
  CHECK(tensor_over(shared, shared.meta(), "x").item<float>() == 2.5F);
}

TEST_CASE("tensors are made in memory that is given, until they go") {
  std::shared_ptr<std::byte> last;
  HostMemory memory = [&last](Bytes bytes) {
    last = std::shared_ptr<std::byte>(std::make_unique<std::byte[]>(bytes.value).release(),
                                      std::default_delete<std::byte[]>());
    return last;
  };
  const at::Tensor source = random_tensor({5, 2}, 1);
  {
    const SharedTensor copy = shared_copy(source, memory);
    CHECK((copy.view().data.data() == last.get()));
    CHECK(last.use_count() == 2);
    CHECK(at::equal(tensor_over(copy, copy.meta(), "x"), source));
  }
  CHECK(last.use_count() == 1);
  CHECK(empty_in([](Bytes) { return std::shared_ptr<std::byte>(); }, meta_of(source)).numel() == 10);
  CHECK(empty_in({}, meta_of(source)).numel() == 10);
}

// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/tier_allocator.h"

#include <doctest/doctest.h>

#include "tier/host/host_plane.h"
#include "torch_model/tiny_model.h"

using namespace cachebench;
using namespace cachebench::torch_model;
using cachebench::torch_model::testing::random_tensor;

TEST_CASE("a tensor is made in a tier's block, is computed with there and shared from there") {
  const auto plane = tier::make_host_plane({.capacity = kMiB});
  TierAllocator allocator(memory_of(*plane));
  const TensorMeta meta{.shape = {32, 64}, .dtype = DType::kF32};
  const at::Tensor source = random_tensor({32, 64}, 1);
  {
    const at::Tensor tensor = allocator.empty(meta);
    CHECK(plane->stats().allocated.value >= meta.bytes().value);
    tensor.copy_(source);
    CHECK(at::equal(tensor, source));
    CHECK(at::equal(at::linear(tensor, tensor), at::linear(source, source)));
    SharedTensor shared = shared_over(tensor);
    CHECK((shared.view().data.data() == tensor.data_ptr()));
    CHECK(shared.meta() == meta);
  }
  CHECK(plane->stats().allocated == Bytes{0});
}

TEST_CASE("a view keeps the block; where the tier is full the library's own memory serves") {
  const auto plane = tier::make_host_plane({.capacity = Bytes{16'384}});
  TierAllocator allocator(memory_of(*plane));
  at::Tensor row = allocator.empty({.shape = {2, 1000}, .dtype = DType::kF32})[1];
  const Bytes held = plane->stats().allocated;
  CHECK(held.value >= 8'000);
  const auto beyond = static_cast<std::int64_t>(plane->stats().capacity.value);
  const at::Tensor large = allocator.empty({.shape = {beyond}, .dtype = DType::kF32});
  CHECK(large.numel() == beyond);
  CHECK(plane->stats().allocated == held);
  row = at::Tensor();
  CHECK(plane->stats().allocated == Bytes{0});
  CHECK(allocator.empty({.shape = {0, 4}, .dtype = DType::kF32}).numel() == 0);
  const c10::DataPtr plain = allocator.allocate(100);
  CHECK((plain.get() != nullptr));
}

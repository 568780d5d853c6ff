// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/kernels.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "tier/device/cuda/kernel_rig.h"

// Launches on the fake driver, where kernels are loops over their bodies.
namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)

TEST_CASE("every kernel that the program names is in the module, and launches keep a grid's limits") {
  const KernelRig rig;
  CHECK(rig.kernels->reason().empty());
  CHECK(rig.kernels->has("move_ranges"));
  CHECK(rig.kernels->has("int8_decode_bf16"));
  CHECK_FALSE(rig.kernels->has("nothing"));

  // More ranges than a grid has rows: two launches.
  std::vector<std::uint32_t> from(Kernels::kMostRanges + 10);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::uint32_t>(i * 7);
  std::vector<std::uint32_t> to(from.size());
  std::vector<MoveRange> ranges;
  for (std::size_t i = 0; i < from.size(); ++i)
    ranges.push_back({address_of(&to[i]), address_of(&from[i]), 4});
  CHECK(rig.kernels->move(ranges, rig.stream) == CUDA_SUCCESS);
  rig.finish();
  CHECK(to == from);
  CHECK(testing::fake_counts().launches == 2);
}

TEST_CASE("a card without an image, and a program without any, have no kernels but a reason") {
  testing::set_up({});
  const auto context = std::make_shared<CudaContext>(testing::kFakeCudaLibrary, 0);
  const std::array<KernelImage, 1> newer{{{"move", 90, ImageKind::kCubin, {}}}};
  const Kernels none(context, newer);
  CHECK(none.reason() == "this build has no device kernels for compute capability 6.1");
  CHECK_FALSE(none.has("move_ranges"));
  CHECK(Kernels(context, {}).reason() == "this build has no device kernels");
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/kernels.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "core/rng.h"
#include "tier/device/device_types.h"
#include "tier/lossy/lossy.h"

// Launches on the fake driver, where kernels are loops over their bodies: names, arguments and grids are held
// against what the processor's own code computes.
namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)
namespace {

/// The kernels on the fake driver, and a stream. No kernels without a compiler for them: then nothing to
/// test.
struct Rig {
  Rig() {
    testing::set_up({});
    context = std::make_shared<CudaContext>(testing::kFakeCudaLibrary, 0);
    static const std::array<std::byte, 8> kText{std::byte{'/'}, std::byte{'/'}};
    // The fake driver looks no further than the first bytes, so these tests need no compiler.
    const std::array<KernelImage, 2> images{
        {{"move", 52, ImageKind::kPtx, kText}, {"quantise", 52, ImageKind::kPtx, kText}}};
    kernels = std::make_unique<Kernels>(context, images);
    const CudaContext::Scope scope(*context);
    REQUIRE(context->driver().stream_create(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  }
  ~Rig() {
    const CudaContext::Scope scope(*context);
    static_cast<void>(context->driver().stream_destroy(stream));
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  void run(std::string_view kernel, const LaunchShape& shape, std::span<void*> arguments) const {
    const CudaContext::Scope scope(*context);
    REQUIRE(kernels->launch(kernel, shape, stream, arguments) == CUDA_SUCCESS);
    REQUIRE(context->driver().stream_synchronize(stream) == CUDA_SUCCESS);
  }

  std::shared_ptr<CudaContext> context;
  std::unique_ptr<Kernels> kernels;
  CUstream stream = nullptr;
};

std::uint64_t address(const void* pointer) {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(pointer));
}

}  // namespace

TEST_CASE("every kernel that the program names is in the module, and launches keep a grid's limits") {
  const Rig rig;
  CHECK(rig.kernels->reason().empty());
  CHECK(rig.kernels->has("move_ranges"));
  CHECK(rig.kernels->has("int8_decode_bf16"));
  CHECK_FALSE(rig.kernels->has("nothing"));

  // More ranges than a grid has rows: two launches.
  std::vector<std::uint32_t> from(Kernels::kMostRanges + 10);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::uint32_t>(i * 7);
  std::vector<std::uint32_t> to(from.size());
  std::vector<MoveRange> ranges;
  for (std::size_t i = 0; i < from.size(); ++i) ranges.push_back({address(&to[i]), address(&from[i]), 4});
  const CudaContext::Scope scope(*rig.context);
  CHECK(rig.kernels->move(ranges, rig.stream) == CUDA_SUCCESS);
  CHECK(rig.context->driver().stream_synchronize(rig.stream) == CUDA_SUCCESS);
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

TEST_CASE("int8 codes made by a launch are the host's") {
  const Rig rig;
  constexpr std::size_t kRows = 7;
  std::uint64_t columns = 300;
  Rng rng(11);
  std::vector<float> values(kRows * columns);
  for (float& value : values) value = static_cast<float>(rng.below(20'001)) - 10'000.0F;
  std::vector<float> scales(kRows);
  std::vector<std::int8_t> codes(values.size());
  unsigned refused = 0;
  const float* in = values.data();
  float* scale = scales.data();
  std::int8_t* code = codes.data();
  unsigned* flag = &refused;
  std::array<void*, 5> arguments{static_cast<void*>(&in), &columns, static_cast<void*>(&scale),
                                 static_cast<void*>(&code), static_cast<void*>(&flag)};
  rig.run("int8_encode_f32", {.columns = kRows, .rows = 1, .threads = 256}, arguments);
  CHECK(refused == 0);

  const TensorMeta meta{.shape = {kRows, static_cast<std::int64_t>(columns)}, .dtype = DType::kF32};
  std::vector<std::byte> expected(lossy_bytes(LossyFormat::kInt8, meta));
  REQUIRE(encode_lossy(LossyFormat::kInt8, {.meta = meta, .data = std::as_bytes(std::span(values))}, expected,
                       SimdLevel::kScalar) == LossyOutcome::kEncoded);
  CHECK(std::memcmp(expected.data(), scales.data(), 4 * kRows) == 0);
  CHECK(std::memcmp(expected.data() + 4 * kRows, codes.data(), codes.size()) == 0);

  std::vector<float> back(values.size());
  const float* const_scale = scales.data();
  const std::int8_t* const_code = codes.data();
  float* out = back.data();
  std::array<void*, 4> decode{static_cast<void*>(&const_scale), static_cast<void*>(&const_code), &columns,
                              static_cast<void*>(&out)};
  rig.run("int8_decode_f32", {.columns = kRows, .rows = 1, .threads = 128}, decode);
  std::vector<std::byte> plain(4 * values.size());
  REQUIRE(decode_lossy(LossyFormat::kInt8, expected, meta, plain, SimdLevel::kScalar));
  CHECK(std::memcmp(plain.data(), back.data(), plain.size()) == 0);
}

TEST_CASE("rows gathered by index come back to their places when scattered") {
  const Rig rig;
  RowTable shape{.rows = 50, .units = 33};
  std::vector<std::uint8_t> table(shape.rows * shape.units);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint8_t>(i * 31);
  const std::vector<std::uint32_t> indices{49, 0, 7, 8, 30};
  std::vector<std::uint8_t> rows(indices.size() * shape.units);
  std::vector<std::uint8_t> again(table.size());
  unsigned refused = 0;
  const auto launch = [&](const char* kernel, const std::uint8_t* from, const std::uint32_t* index,
                          std::uint8_t* to) {
    unsigned* flag = &refused;
    std::array<void*, 5> arguments{static_cast<void*>(&from), &shape, static_cast<void*>(&index),
                                   static_cast<void*>(&to), static_cast<void*>(&flag)};
    rig.run(kernel, {.columns = 2, .rows = static_cast<unsigned>(indices.size()), .threads = 32}, arguments);
  };
  launch("gather_rows_bytes", table.data(), indices.data(), rows.data());
  launch("scatter_rows_bytes", rows.data(), indices.data(), again.data());
  CHECK(refused == 0);
  for (std::uint32_t row = 0; row < shape.rows; ++row) {
    const bool moved = std::find(indices.begin(), indices.end(), row) != indices.end();
    for (std::size_t i = row * shape.units; i < (row + 1) * shape.units; ++i)
      REQUIRE(again[i] == (moved ? table[i] : 0));
  }
  const std::vector<std::uint32_t> beyond(indices.size(), 50);
  launch("gather_rows_bytes", table.data(), beyond.data(), rows.data());
  CHECK(refused == kOutOfRange);
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/tensor_kernels.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "core/rng.h"
#include "tier/device/cuda/kernel_rig.h"
#include "tier/lossy/lossy.h"

// Launches on the fake driver held against the host's own code: names, the order of arguments, and grids.
namespace cachebench::tier::cuda {

#if __has_include(<cuda.h>)
namespace {

struct Form {
  RowCodes codes;
  LossyFormat format;
};
struct Kind {
  Element element;
  DType dtype;
};

// Small numbers as elements of 4 or 2 bytes, by the layout of each type.
std::vector<std::byte> elements(DType dtype, std::size_t count) {
  Rng rng(count);
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < count; ++i) {
    const float value = (static_cast<float>(rng.below(2001)) - 1000.0F) / 8.0F;
    const std::uint16_t half = dtype == DType::kF16 ? Float16::store(value) : Bfloat16::store(value);
    const std::size_t at = bytes.size();
    const std::size_t size = dtype == DType::kF32 ? 4 : 2;
    bytes.resize(at + size);
    std::memcpy(bytes.data() + at, dtype == DType::kF32 ? static_cast<const void*>(&value) : &half, size);
  }
  return bytes;
}

void check_form(const KernelRig& rig, const Form& form, const Kind& kind) {
  constexpr std::uint32_t kRows = 5;
  constexpr std::uint64_t kColumns = 300;
  const TensorMeta meta{.shape = {kRows, static_cast<std::int64_t>(kColumns)}, .dtype = kind.dtype};
  const std::vector<std::byte> plain = elements(kind.dtype, kRows * kColumns);
  std::vector<std::byte> expected(lossy_bytes(form.format, meta));
  REQUIRE(encode_lossy(form.format, {.meta = meta, .data = plain}, expected, SimdLevel::kScalar) ==
          LossyOutcome::kEncoded);

  std::vector<std::byte> coded(expected.size());
  std::uint32_t refused = 0;
  CodedRows tensor{.element = kind.element,
                   .form = form.codes,
                   .rows = kRows,
                   .columns = kColumns,
                   .plain = address_of(plain.data()),
                   .scales = address_of(coded.data()),
                   .codes = address_of(coded.data()) + 4 * kRows};
  CHECK(encode(*rig.kernels, tensor, address_of(&refused), rig.stream) == CUDA_SUCCESS);
  rig.finish();
  CHECK(refused == 0);
  CHECK(coded == expected);

  std::vector<std::byte> back(plain.size());
  std::vector<std::byte> wanted(plain.size());
  tensor.plain = address_of(back.data());
  CHECK(decode(*rig.kernels, tensor, rig.stream) == CUDA_SUCCESS);
  rig.finish();
  REQUIRE(decode_lossy(form.format, expected, meta, wanted, SimdLevel::kScalar));
  CHECK(back == wanted);
}

}  // namespace

TEST_CASE("tensors of every element type, encoded and decoded by launches, are the host's") {
  const KernelRig rig;
  CHECK(has_tensor_kernels(*rig.kernels));
  for (const Form& form :
       {Form{RowCodes::kInt8, LossyFormat::kInt8}, Form{RowCodes::kE4M3, LossyFormat::kE4M3}}) {
    for (const Kind& kind : {Kind{Element::kF32, DType::kF32}, Kind{Element::kF16, DType::kF16},
                             Kind{Element::kBF16, DType::kBF16}})
      check_form(rig, form, kind);
  }
  CHECK(encode(*rig.kernels, {}, 0, rig.stream) == CUDA_SUCCESS);  // no rows, no launch
  CHECK(testing::fake_counts().launches == 12);
}

TEST_CASE("a form without elements is decoded without a launch") {
  const KernelRig rig;
  for (const Encoding encoding : {Encoding::kInt8, Encoding::kE4M3, Encoding::kF16}) {
    const FormToDevice form{
        .form = {}, .encoding = encoding, .meta = {.shape = {3, 0}, .dtype = DType::kF32}};
    CHECK(decode_form(*rig.kernels, form, rig.stream) == CUDA_SUCCESS);
  }
  CHECK(testing::fake_counts().launches == 0);
}

TEST_CASE("a tensor that the form cannot hold is refused on the device") {
  const KernelRig rig;
  std::vector<float> values(20, 1.0F);
  values[13] = std::numeric_limits<float>::infinity();
  std::vector<float> scales(2);
  std::vector<std::int8_t> codes(20);
  std::uint32_t refused = 0;
  const CodedRows tensor{.rows = 2,
                         .columns = 10,
                         .plain = address_of(values.data()),
                         .scales = address_of(scales.data()),
                         .codes = address_of(codes.data())};
  CHECK(encode(*rig.kernels, tensor, address_of(&refused), rig.stream) == CUDA_SUCCESS);
  rig.finish();
  CHECK(refused == kNotFinite);
}

TEST_CASE("rows gathered by index come back to their places when scattered, in words and in bytes") {
  const KernelRig rig;
  for (const std::uint64_t row_bytes : {33U, 64U}) {
    constexpr std::uint64_t kRows = 50;
    std::vector<Word> storage(3 * kRows * row_bytes / sizeof(Word) + 3);  // aligned for words
    auto* const table = reinterpret_cast<std::uint8_t*>(storage.data());
    std::uint8_t* const packed = table + (kRows * row_bytes + 15) / 16 * 16;
    std::vector<Word> target(storage.size());
    auto* const again = reinterpret_cast<std::uint8_t*>(target.data());
    for (std::uint64_t i = 0; i < kRows * row_bytes; ++i) table[i] = static_cast<std::uint8_t>(i * 31 + 1);
    const std::vector<std::uint32_t> indices{49, 0, 7, 8, 30};
    std::uint32_t refused = 0;
    IndexedRows rows{.table = address_of(table),
                     .table_rows = kRows,
                     .row_bytes = row_bytes,
                     .indices = address_of(indices.data()),
                     .count = static_cast<std::uint32_t>(indices.size()),
                     .packed = address_of(packed)};
    CHECK(gather(*rig.kernels, rows, address_of(&refused), rig.stream) == CUDA_SUCCESS);
    rows.table = address_of(again);
    CHECK(scatter(*rig.kernels, rows, address_of(&refused), rig.stream) == CUDA_SUCCESS);
    rig.finish();
    CHECK(refused == 0);
    CHECK(std::memcmp(packed, table + 49 * row_bytes, row_bytes) == 0);
    for (std::uint32_t row = 0; row < kRows; ++row) {
      const bool moved = std::find(indices.begin(), indices.end(), row) != indices.end();
      for (std::uint64_t i = row * row_bytes; i < (row + 1) * row_bytes; ++i)
        REQUIRE(again[i] == (moved ? table[i] : 0));
    }
    const std::vector<std::uint32_t> beyond(5, kRows);
    rows.indices = address_of(beyond.data());
    CHECK(gather(*rig.kernels, rows, address_of(&refused), rig.stream) == CUDA_SUCCESS);
    rig.finish();
    CHECK(refused == kOutOfRange);
  }
}

TEST_CASE("more rows than a grid has travel in several launches") {
  const KernelRig rig;
  constexpr std::uint32_t kCount = 70'000;
  std::vector<std::uint8_t> table(100);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint8_t>(i + 1);
  std::vector<std::uint32_t> indices(kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) indices[i] = i % 100;
  std::vector<std::uint8_t> packed(kCount);
  std::uint32_t refused = 0;
  const IndexedRows rows{.table = address_of(table.data()),
                         .table_rows = 100,
                         .row_bytes = 1,
                         .indices = address_of(indices.data()),
                         .count = kCount,
                         .packed = address_of(packed.data())};
  CHECK(gather(*rig.kernels, rows, address_of(&refused), rig.stream) == CUDA_SUCCESS);
  rig.finish();
  CHECK(testing::fake_counts().launches == 2);
  for (std::uint32_t i = 0; i < kCount; ++i) REQUIRE(packed[i] == i % 100 + 1);
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda

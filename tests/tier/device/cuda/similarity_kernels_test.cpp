// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/similarity_kernels.h"

#include <doctest/doctest.h>

#include <bit>
#include <cstring>
#include <vector>

#include "support/int8_codes.h"
#include "tier/device/cuda/kernel_rig.h"
#include "tier/device/cuda/tensor_kernels.h"
#include "tier/lossy/int8_dot.h"

// The bodies element by element, and launches on the fake driver, against plain sums.
namespace cachebench::tier::cuda {

using cachebench::testing::int8_codes;
TEST_CASE("four products at once are four products, for every pair of codes") {
  const PlainDot4 dot4;
  for (int a = -128; a < 128; ++a) {
    for (int b = -128; b < 128; ++b) {
      // Each place of the word in turn, with something else in the others.
      for (unsigned place = 0; place < 4; ++place) {
        const auto at = [place](int code, int others) {
          std::uint32_t word = 0;
          for (unsigned i = 0; i < 4; ++i)
            word |= std::uint32_t{static_cast<std::uint8_t>(i == place ? code : others)} << (8 * i);
          return word;
        };
        REQUIRE(dot4(at(a, 3), at(b, -2), 7) == 7 + a * b - 18);
      }
    }
  }
}

TEST_CASE("the shares of a warp's lanes come to the processor's sum, in words and in bytes") {
  for (const std::size_t count : {4U, 124U, 128U, 132U, 768U, 4096U}) {
    const std::vector<std::int8_t> a = int8_codes(count, 1);
    const std::vector<std::int8_t> b = int8_codes(count, 2);
    std::vector<std::uint32_t> a_words(count / 4);
    std::vector<std::uint32_t> b_words(count / 4);
    std::memcpy(a_words.data(), a.data(), count);
    std::memcpy(b_words.data(), b.data(), count);
    std::int32_t words = 0;
    std::int32_t bytes = 0;
    for (std::uint32_t lane = 0; lane < kWarp; ++lane) {
      words += dot_words(a_words.data(), b_words.data(), count / 4, {lane, kWarp}, PlainDot4{});
      bytes += dot_bytes(a.data(), b.data(), count, {lane, kWarp});
    }
    CHECK(words == int8_dot(a, b));
    CHECK(bytes == int8_dot(a, b));
  }
}

#if __has_include(<cuda.h>)

TEST_CASE("scores by launches are the processor's to the bit, whatever the rows' length and place") {
  const KernelRig rig;
  struct Case {
    std::uint64_t rows;
    std::uint64_t columns;
    std::size_t offset;  // of the codes, from a multiple of four
  };
  for (const Case& c : {Case{1, 64, 0}, Case{8, 768, 0}, Case{9, 768, 1}, Case{100, 33, 0}, Case{17, 4, 0}}) {
    std::vector<std::uint32_t> storage(c.rows * c.columns / 4 + 2);
    auto* const rows = reinterpret_cast<std::int8_t*>(storage.data()) + c.offset;
    const std::vector<std::int8_t> random = int8_codes(c.rows * c.columns, c.rows);
    std::memcpy(rows, random.data(), random.size());
    std::vector<std::uint32_t> query_storage(c.columns / 4 + 1);
    const std::vector<std::int8_t> query = int8_codes(c.columns, 77);
    std::memcpy(query_storage.data(), query.data(), query.size());
    std::vector<float> scales(c.rows);
    for (std::size_t i = 0; i < scales.size(); ++i) scales[i] = 0.01F * static_cast<float>(i + 1);
    std::vector<float> scores(c.rows, -1.0F);
    const ScoredRows what{.rows = c.rows,
                          .columns = c.columns,
                          .codes = address_of(rows),
                          .scales = address_of(scales.data()),
                          .query = address_of(query_storage.data()),
                          .query_scale = 0.003F,
                          .scores = address_of(scores.data())};
    CHECK(score(*rig.kernels, what, rig.stream) == CUDA_SUCCESS);
    rig.finish();
    for (std::uint64_t row = 0; row < c.rows; ++row) {
      const std::span<const std::int8_t> one(random.data() + row * c.columns, c.columns);
      const float expected = static_cast<float>(int8_dot(one, query)) * (scales[row] * 0.003F);
      REQUIRE(std::bit_cast<std::uint32_t>(scores[row]) == std::bit_cast<std::uint32_t>(expected));
    }
  }
  CHECK(score(*rig.kernels, {}, rig.stream) == CUDA_SUCCESS);
  CHECK(testing::fake_counts().launches == 5);
}

#endif  // cuda.h

}  // namespace cachebench::tier::cuda
